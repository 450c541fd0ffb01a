import CorbelAPI
import Distros
import Effects
import HostPlan
import Logging
import ResourceClient

/// Carries out what `HostPlan` asks for. Every operation may come again after a crash, and doing it twice does it once.
struct ActionExecutor: Sendable {
    let configuration: AgentConfiguration
    let effects: HostEffects
    let record: HostRecordFiles
    let images: ImageDownloader
    let settings: SettingsReader
    let site: SiteAccess
    let logger: Logger

    private var etcd: EtcdClient { EtcdClient(effects: effects, address: configuration.address) }

    private var certificates: CertificateWatcher { CertificateWatcher(effects: effects, record: record) }

    private var stages: StageRunner { StageRunner(effects: effects, steps: steps, logger: logger) }

    private var steps: StepRunner {
        StepRunner(
            effects: effects,
            conditions: ConditionChecker(effects: effects, site: site, address: configuration.address),
            logger: logger)
    }

    /// - Throws: ``HostFailure``.
    func perform(
        _ operation: HostAction.Operation, progress: @escaping @Sendable (Int) async -> Void
    ) async throws -> HostResult {
        try await HostFailure.mapping {
            switch operation {
            case .writeJournal(let entry): try await record.append(entry)
            case .rewriteJournal(let entries): try await record.rewrite(entries)
            case .downloadImage(let reference, let digest):
                try await images.download(reference, digest: digest, progress: progress)
            case .writeSlot(_, let digest, let version):
                try await images.writeSlot(digest: digest, version: version, progress: progress)
            case .setBootVariables(let write), .commit(let write):
                try await effects.bootLoader.writeBlock(write.copy, write.bytes)
            case .confirmEtcdQuorum:
                if let refusal = try await etcd.departure(of: configuration.name).refusal { throw refusal }
            case .reboot: try await effects.power.reboot()
            case .applyConfiguration(let state): try await applyConfiguration(state)
            case .restartServices(let names): for name in names { try await effects.services.restart(name) }
            case .runSteps(let procedure): return try await run(procedure)
            case .removeEtcdMember(let id): try await etcd.remove(id)
            case .moveEtcdLeader(let name): try await etcd.moveLeader(to: name, from: configuration.name)
            case .snapshotEtcd(let name): return HostResult(value: try await snapshot(name))
            case .renewCertificates(let state, let time):
                try await renewCertificates(of: state, within: time)
                return HostResult(certificates: try? await certificates.look())
            case .resetHost: try await reset()
            case .report, .scheduleTick, .cancel: preconditionFailure("the driver carries out \(operation) itself")
            }
            return HostResult()
        }
    }

    private func snapshot(_ name: String) async throws -> JSONValue {
        let directory = configuration.dataDirectory + "/snapshots"
        try await effects.files.makeDirectory(directory, mode: 0o700)
        return try await etcd.snapshot(to: "\(directory)/\(name.filter { $0.isLetter || $0.isNumber || $0 == "-" }).db")
    }

    // MARK: Distributions

    private func applyConfiguration(_ state: HostState) async throws {
        guard let node = try await settings.node(for: state) else { return }
        let files = try node.distribution.configuration(node.specification)
        try await steps.run(files.map { HostStep("write \($0.path)", .writeFile($0)) })
        try await stages.run(node.stages)
    }

    /// Runs the stage `reconcile` of what the host runs, now and again.
    func keepReconciling() async throws {
        while true {
            try await effects.time.sleep(for: .seconds(3600))
            if let node = try await settings.lastNode() { try await stages.run(node.stages) }
        }
    }

    private func run(_ procedure: HostProcedure) async throws -> HostResult {
        switch procedure {
        case .bootstrap(let state):
            let node = try await required(state)
            let list =
                node.isFirst ? try node.distribution.initialize(node.specification) : try join(node)
            try await steps.run(node.administratorSteps)
            try await stages.run(node.stages, isFirst: true)
            if node.isFirst { try await steps.run(list) } else { try await joining { try await steps.run(list) } }
        case .upgradeKubernetes(let from, let to):
            let node = try await required(to)
            let isFirst = try await isFirstToMove(to: to.kubernetesVersion)
            try await steps.run(
                try node.distribution.upgrade(node.specification, from: from.kubernetesVersion, isFirst: isFirst))
        case .undoUpgrade(let from, let to):
            let node = try await required(to)
            let plan = try node.distribution.undoUpgrade(node.specification, from: from.kubernetesVersion)
            try await steps.run(plan.steps)
            return HostResult(
                cannotBeUndone: plan.cannotBeUndone, certificates: try? await certificates.look())
        }
        return HostResult(certificates: try? await certificates.look())
    }

    /// - Parameter time: Where it is given, what lasts for longer is left alone: who asks may have another clock.
    private func renewCertificates(of state: HostState, within time: Duration?) async throws {
        // One that was begun is seen through: what is new on the disk may not be what runs.
        let isBegun = try await effects.files.exists(renewalMark)
        if let time, !isBegun, let look = try await certificates.look(), look.remaining > time { return }
        let node = try await required(state)
        // A host of the control plane has the authorities itself, and no API server that could give it anything.
        let isWorker = node.specification.role == .worker
        if isWorker, node.join == nil {
            throw HostFailure(.unavailable, "the site gives no credential to ask for a certificate with")
        }
        let material =
            isWorker ? node.join?.steps(for: node.specification.certificates, balancer: site.balancer) ?? [] : []
        let list = material + (try node.distribution.renewCertificates(node.specification))
        try await effects.files.writeDurably(renewalMark, [], mode: 0o600)
        try await steps.run(list)
        try await effects.files.remove(renewalMark)
    }

    /// Stands while a renewal is under way.
    private var renewalMark: String { configuration.dataDirectory + "/renewing-certificates" }

    /// A join that fails while the cluster does not answer says so, whatever its step says: nobody can tell then how
    /// far it has come.
    private func joining(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as HostFailure where failure.kind == .timeout || failure.kind == .commandFailed {
            if try await steps.conditions.holds(.apiServerReady) { throw failure }
            throw HostFailure(.unavailable, failure.message)
        }
    }

    private func join(_ node: NodeSettings) throws -> [HostStep] {
        guard let material = node.join else {
            throw HostFailure(.unavailable, "the bootstrap Secret has no material to join with yet")
        }
        return material.steps(for: node.specification.certificates, balancer: site.balancer)
            + (try node.distribution.join(node.specification))
    }

    private func required(_ state: HostState) async throws -> NodeSettings {
        guard let node = try await settings.node(for: state) else {
            throw HostFailure(.notFound, "the settings of revision \(state.revision) are not known to this host")
        }
        return node
    }

    /// Whether no other control-plane node runs the version yet: then this host moves what the cluster has once.
    private func isFirstToMove(to version: String) async throws -> Bool {
        guard let site = try await site.node() else { return true }
        return try await !site.list(Node.self).contains { node in
            node.labels[WellKnown.controlPlaneNode] != nil && node.name != configuration.name
                && node.kubeletVersion == "v\(version)"
        }
    }

    private func reset() async throws {
        guard let name = try await settings.distributionName(), let distribution = Distributions.named(name) else {
            return
        }
        guard let node = try await settings.lastNode() else { return }
        try await steps.run(distribution.reset(node.specification))
    }
}
