import CorbelAPI
import HostPlan

/// A host in miniature: two slots, boot variables, a journal as bytes, and a boot loader that follows ``BootChoice``.
/// Its power can be cut after any action or in the middle of one. It checks the laws of the slots at every step.
struct CrashWorld {
    enum Behaviour: String, CaseIterable {
        case good, panics, hangs, dropsDead, neverHealthy, clusterFails, neverKnown

        /// Whether the agent gets to run.
        var startsAgent: Bool { self != .panics && self != .hangs }
    }

    enum Cut: Sendable, CaseIterable {
        /// The action is done, but the agent never learns it.
        case after
        /// The action is half done: a torn block, half a line, half a slot.
        case amid
    }

    struct Failing: Sendable {
        var failure: HostFailure
        var times = Int.max
    }

    struct PowerCut: Sendable {
        var action: Int
        var kind: Cut
    }

    static let oldDigest = "sha256:" + String(repeating: "a", count: 64)
    static let newDigest = "sha256:" + String(repeating: "b", count: 64)
    static let old = HostState(
        revision: "r1", osVersion: "1.0.0", osImage: "registry/os:1", osDigest: oldDigest, kubernetesVersion: "1.33.6")
    static let new = HostState(
        revision: "r2", osVersion: "2.0.0", osImage: "registry/os:2", osDigest: newDigest, kubernetesVersion: "1.33.6")

    var behaviours: [String: Behaviour] = [oldDigest: .good]
    var slots = HostSlots(a: SlotContent(version: "1.0.0", digest: oldDigest))
    var blocks = BootBlocks.initial(committed: .a)
    var journal = HostJournal.encode([.running(old), .committed(.a)])
    var spec = HostSpec()
    var cuts: [PowerCut] = []
    /// The boots of the new slot during which the power goes, before an agent runs: 1 is the first.
    var cutBoots: Set<Int> = []
    /// What fails, by the action's word, and how often.
    var failing: [String: Failing] = [:]
    /// How long the first certificate lasts, where the host has any that are told of.
    var certificatesLast: Duration?
    /// For how long one that is renewed lasts.
    var renewedFor = Duration.seconds(365 * 86_400)
    /// The action after which the journal is lost, together with the power.
    var losesJournalAfter: Int?

    private(set) var booted = Slot.a
    private(set) var boots = 0
    private(set) var bootsOfNew = 0
    private(set) var uptime: Duration = .zero
    private(set) var plan = HostPlan()
    private(set) var actions = 0
    private(set) var performed: [String] = []
    private(set) var reports: [HostReport] = []
    private(set) var violations: [String] = []
    private var queue: [HostAction] = []
    private var wake: Duration?

    var behaviour: Behaviour { slots[booted].flatMap { behaviours[$0.digest] } ?? .panics }
    var status: HostTaskStatus? { reports.last?.task }

    static func task(
        _ type: HostTask.TaskType = .repave, id: String = "t1", validateLimit: Duration = .seconds(180),
        parameters: [String: String] = [:]
    ) -> HostTask {
        HostTask(
            id: id, type: type, target: new, gate: .proceed, epoch: 1, leaseTransitions: 0,
            validateTimeout: .seconds(60),
            validateLimit: validateLimit, parameters: parameters)
    }

    init(_ behaviour: Behaviour, task: HostTask? = CrashWorld.task()) {
        behaviours[Self.newDigest] = behaviour
        spec.task = task
    }

    private var moment: HostMoment { HostMoment(uptime: uptime, now: Timestamp(seconds: 1_000_000 + Int64(boots))) }

    // MARK: Power

    /// Starts what the boot loader chooses, until an agent runs.
    mutating func boot() {
        queue = []
        wake = nil
        for _ in 0..<20 {
            let choice = BootChoice.choose(blocks)
            if let write = choice.write { blocks.apply(write) }
            booted = choice.slot
            boots += 1
            uptime = .seconds(20)
            if slots[booted]?.digest == Self.newDigest { bootsOfNew += 1 }
            let isCut = slots[booted]?.digest == Self.newDigest && cutBoots.contains(bootsOfNew)
            if behaviour.startsAgent, !isCut { return startAgent() }
        }
        violations.append("no slot came up in 20 boots")
    }

    private mutating func startAgent() {
        var configuration = HostPlan.Configuration()
        configuration.checkpoint = .seconds(15)
        plan = HostPlan(configuration: configuration)
        let facts = HostFacts(
            booted: booted, bootID: "boot-\(boots)", slots: slots, bootBlocks: blocks, journal: journal,
            hasEtcdMember: true)
        queue = plan.handle(.started(facts), at: moment)
        feed(.specChanged(spec))
    }

    /// Tells the agent that runs something else, and waits for the end of that.
    mutating func tell(_ new: HostSpec) {
        spec = new
        feed(.specChanged(new))
        run()
    }

    private mutating func feed(_ event: HostEvent) { queue += plan.handle(event, at: moment) }

    /// Runs until the task has ended, or for `rounds` of five seconds.
    mutating func run(rounds: Int = 700, until isDone: ((CrashWorld) -> Bool)? = nil) {
        for _ in 0..<rounds {
            while !queue.isEmpty {
                if isDone?(self) ?? false { return }
                performNext()
            }
            if isDone?(self) ?? hasEnded { return }
            pass()
        }
    }

    /// Whether the task that was given has ended.
    var hasEnded: Bool { status?.id == spec.task?.id && (status?.phase.isFinal ?? false) }

    private mutating func pass() {
        uptime += .seconds(5)
        if behaviour == .dropsDead, uptime >= .seconds(30) {
            boot()
            return
        }
        feed(.health(health))
        certificatesLast? -= .seconds(5)
        if let look { feed(.certificates(look)) }
        if let due = wake, due <= uptime {
            wake = nil
            feed(.tick)
        }
    }

    private var look: CertificateLook? {
        certificatesLast.map {
            CertificateLook(first: HostCertificates(expires: moment.now + $0, name: "apiserver"), remaining: $0)
        }
    }

    private var health: HealthReport {
        var report = HealthReport(
            network: .healthy, agent: .healthy, kubelet: .healthy, node: .healthy, etcdMember: .healthy, etcdMembers: 3,
            quorum: .healthy, apiServer: .healthy)
        switch behaviour {
        case .neverHealthy: report.kubelet = .failing("exited")
        case .clusterFails: report.quorum = .failing("no leader")
        case .neverKnown: report.node = .unknown
        default: break
        }
        return report
    }

    // MARK: Actions

    private mutating func performNext() {
        let action = queue.removeFirst()
        switch action.operation {
        case .report(let report):
            reports.append(report)
            return
        case .scheduleTick(let uptime):
            wake = uptime
            return
        case .cancel: return
        default: break
        }
        actions += 1
        let cut = cuts.first { $0.action == actions }
        let word = action.operation.word
        if let failing = failing[word], failing.times > 0 {
            self.failing[word]?.times -= 1
            queue.removeAll { $0.isEffect }
            return feed(.failed(action.id, failing.failure))
        }
        if action.operation == .reboot {
            performed.append("reboot")
            return boot()
        }
        perform(action.operation, isTorn: cut?.kind == .amid)
        if losesJournalAfter == actions { journal = Array("no journal".utf8) }
        if cut != nil || losesJournalAfter == actions { return boot() }
        if case .renewCertificates = action.operation {
            return feed(.finished(action.id, HostResult(certificates: look)))
        }
        feed(.finished(action.id, HostResult()))
    }

    private mutating func perform(_ operation: HostAction.Operation, isTorn: Bool) {
        switch operation {
        case .writeJournal(let entry):
            let line = HostJournal.encode([entry])
            journal += isTorn ? Array(line.prefix(line.count / 2)) : line
        case .rewriteJournal(let entries):
            performed.append("rewriteJournal")
            if !isTorn { journal = HostJournal.encode(entries) }
        case .setBootVariables(let write): setBootVariables(write, isTorn: isTorn)
        case .commit(let write): commit(write, isTorn: isTorn)
        case .writeSlot(let spare, let digest, let version): writeSlot(spare.slot, digest, version, isTorn: isTorn)
        case .confirmEtcdQuorum: break
        case .renewCertificates:
            performed.append(operation.word)
            certificatesLast = renewedFor
        default: performed.append(operation.word)
        }
    }

    private mutating func writeSlot(_ slot: Slot, _ digest: String, _ version: String, isTorn: Bool) {
        performed.append("writeSlot \(slot.rawValue)")
        if slot == booted { violations.append("the booted slot \(slot) was written") }
        if slot == blocks.current?.committed { violations.append("the committed slot \(slot) was written") }
        if blocks.current?.order.first == slot {
            violations.append("slot \(slot) was written while the boot loader wants it")
        }
        if let flags = blocks.current?[slot], !flags.isFailed, flags.isSuccessful || flags.triesLeft > 0 {
            violations.append("slot \(slot) was written while the boot loader may start it")
        }
        slots[slot] = isTorn ? nil : SlotContent(version: version, digest: digest)
    }

    private mutating func setBootVariables(_ write: BootWrite, isTorn: Bool) {
        performed.append("bootVariables")
        if let committed = blocks.current?.committed, committed != write.variables.committed {
            violations.append("the committed slot changed without a commit")
        }
        apply(write, isTorn: isTorn)
    }

    private mutating func commit(_ write: BootWrite, isTorn: Bool) {
        performed.append("commit")
        if write.variables.committed != booted { violations.append("a slot was committed that is not booted") }
        if behaviour != .good { violations.append("a slot that is \(behaviour) was committed") }
        apply(write, isTorn: isTorn)
    }

    private mutating func apply(_ write: BootWrite, isTorn: Bool) {
        guard isTorn else { return blocks.apply(write) }
        let half = BootVariables.blockSize / 2
        let old = write.copy == 0 ? blocks.first : blocks.second
        let torn = Array(write.bytes.prefix(half)) + old.dropFirst(half)
        blocks =
            write.copy == 0
            ? BootBlocks(first: torn, second: blocks.second) : BootBlocks(first: blocks.first, second: torn)
    }
}

extension HostAction {
    fileprivate var isEffect: Bool {
        switch operation {
        case .report, .scheduleTick, .cancel: false
        default: true
        }
    }
}

extension HostAction.Operation {
    var word: String {
        switch self {
        case .writeJournal: "writeJournal"
        case .rewriteJournal: "rewriteJournal"
        case .downloadImage: "downloadImage"
        case .writeSlot: "writeSlot"
        case .setBootVariables: "bootVariables"
        case .commit: "commit"
        case .reboot: "reboot"
        case .applyConfiguration(let state): "configure \(state.revision)"
        case .restartServices(let names): "restart \(names.joined(separator: ","))"
        case .runSteps(.bootstrap): "bootstrap"
        case .runSteps(.upgradeKubernetes(_, let to)): "upgrade to \(to.kubernetesVersion)"
        case .runSteps(.undoUpgrade(_, let to)): "undo to \(to.kubernetesVersion)"
        case .removeEtcdMember(let name): "removeEtcdMember \(name)"
        case .moveEtcdLeader: "moveEtcdLeader"
        case .confirmEtcdQuorum: "confirmEtcdQuorum"
        case .snapshotEtcd: "snapshotEtcd"
        case .renewCertificates(_, let time): "renew\(time == nil ? "" : " what ends")"
        case .resetHost: "resetHost"
        case .report: "report"
        case .scheduleTick: "scheduleTick"
        case .cancel: "cancel"
        }
    }
}
