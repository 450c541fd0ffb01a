import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle
import Revisions

/// Law 6: no status is newer than what it goes by. What an agent says is true of its machine; what a HostMachine shows
/// is what its agent said, and never something older than was shown before; an update says of a host what its agent
/// said first.
struct EvidenceLaw: Law {
    let name = "no status is newer than its evidence"
    /// What each host's agent has said, in order, and which of it was shown last.
    private var said: [Int: [HostReport]] = [:]
    private var shown: [Int: Int] = [:]
    /// Task and phase, as far as each host's agent has said them.
    private var phases: [Int: Set<String>] = [:]
    /// The systems and versions of Kubernetes that it has said to run.
    private var systems: [Int: Set<String>] = [:]
    private var commits: [Int: CommitRecord] = [:]

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        switch observation {
        case .writesVariables(let host, let write, isCommit: true):
            commits[host, default: CommitRecord()].commits(write.variables.committed)
            return []
        case .failed(let host, .commit):
            commits[host, default: CommitRecord()].fails()
            return []
        case .reports(let host, let report): return hear(report, of: host, in: world)
        case .wrote(let stored?, let intent, _, let author):
            guard case .updateStatus = intent else { return [] }
            if stored.groupKind == HostMachine.groupKind { return show(HostMachine(stored), by: author, in: world) }
            if stored.groupKind == ClusterUpdate.groupKind {
                return judge(ClusterUpdate(stored), by: author, in: world)
            }
            return []
        default: return []
        }
    }

    // MARK: What agents say

    private mutating func hear(_ report: HostReport, of host: Int, in world: SimulatedWorld) -> [String] {
        said[host, default: []].append(report)
        if let running = report.running { systems[host, default: []].insert(running.mark) }
        var broken = untruths(of: report, host, world)
        if let task = report.task, phases[host, default: []].insert(task.mark).inserted, task.phase == .done {
            broken += untruthsOfEnd(of: task.id, host, world)
        }
        return broken.map { "\(world.machines[host].name) says \($0)" }
    }

    private func untruths(of report: HostReport, _ host: Int, _ world: SimulatedWorld) -> [String] {
        let machine = world.machines[host]
        var broken: [String] = []
        if report.booted != machine.bootedSlot { broken.append("that it has booted another slot than it has") }
        if report.bootID != world.bootID(of: host) { broken.append("that it is in another boot than it is") }
        let isCommitted =
            (commits[host] ?? CommitRecord()).holds(report.committed)
            || report.committed == machine.disk.blocks.current?.committed
        if !isCommitted { broken.append("that slot \(report.committed.rawValue) is committed, which it never was") }
        for slot in Slot.allCases {
            guard let content = report.slots[slot], content.isComplete else { continue }
            if machine.disk.slots[slot]?.digest != content.digest {
                broken.append("that slot \(slot.rawValue) holds \(content.version), which it does not")
            }
        }
        // On the way into a slot that is not whole nothing can be told by its digest.
        if let running = report.running, let digest = machine.digest, running.osDigest != digest {
            broken.append("that it runs \(running.osVersion), which is not what it has booted")
        }
        return broken
    }

    private func untruthsOfEnd(of id: String, _ host: Int, _ world: SimulatedWorld) -> [String] {
        let machine = world.machines[host]
        guard let task = machine.agent.seen?.task, task.id == id, let target = task.target else { return [] }
        var broken: [String] = []
        if task.type == .repave || task.type == .bootstrap, machine.digest != target.osDigest {
            broken.append("that \(id) is done, and has not booted \(target.osVersion)")
        }
        if machine.disk.blocks.current?.committed != machine.bootedSlot {
            broken.append("that \(id) is done, and has not committed what it has booted")
        }
        if machine.disk.kubernetes != target.kubernetesVersion {
            broken.append("that \(id) is done, and runs Kubernetes \(machine.disk.kubernetes)")
        }
        return broken
    }

    // MARK: What is shown

    private mutating func show(_ machine: HostMachine, by author: String, in world: SimulatedWorld) -> [String] {
        guard machine.json["status", "bootID"] != nil, let host = world.index(of: machine.hostName) else { return [] }
        let reports = said[host] ?? []
        guard let index = reports.lastIndex(where: { shows($0, machine) }) else {
            return ["\(author) shows of \(machine.hostName) what its agent never said"]
        }
        defer { shown[host] = max(shown[host] ?? 0, index) }
        guard let last = shown[host], index < last else { return [] }
        return ["\(author) shows of \(machine.hostName) what its agent said before what was shown already"]
    }

    /// Whether the status holds the report: writing it once more changes nothing.
    private func shows(_ report: HostReport, _ machine: HostMachine) -> Bool {
        var again = machine
        report.write(into: &again)
        return again == machine
    }

    private func judge(_ update: ClusterUpdate, by author: String, in world: SimulatedWorld) -> [String] {
        let entries = update.json["status", "hosts"]?.arrayValue ?? []
        let broken = entries.flatMap { entry -> [String] in
            guard let name = entry["name"]?.stringValue, let host = world.index(of: name) else { return [] }
            return untruths(of: entry, update, host, world).map { "\(author) says of \(name) in \(update.name) \($0)" }
        }
        guard update.phase == .completed else { return broken }
        let open = entries.filter { $0["phase"]?.stringValue != "Done" }.compactMap { $0["name"]?.stringValue }
        return broken + open.map { "\(author) says that \(update.name) has completed, and \($0) is not done" }
    }

    private func untruths(
        of entry: JSONValue, _ update: ClusterUpdate, _ host: Int, _ world: SimulatedWorld
    ) -> [String] {
        let phase = entry["phase"]?.stringValue
        guard let task = entry["task"]?.stringValue else {
            guard phase == "Done", update.plannedImpact.touchesHosts, !hasRun(update, host, world) else { return [] }
            return ["that it is done, which its agent never said"]
        }
        let isSaid = phases[host]?.contains { $0.hasPrefix("update-\(update.name)-") && $0.hasSuffix(" \(task)") }
        if isSaid != true { return ["that its task is at \(task), which its agent never said"] }
        let isEnd = phase == "Done" || phase == "Settling"
        return isEnd && task != "Done" ? ["that it is \(phase ?? "") while its task is at \(task)"] : []
    }

    /// Whether the host's agent has ever said that it runs what the update leads to.
    private func hasRun(_ update: ClusterUpdate, _ host: Int, _ world: SimulatedWorld) -> Bool {
        let target = world.centre.get(ClusterRevision.self, namespace: update.namespace, name: update.toRevision)
        return target.map { systems[host]?.contains($0.hostState.mark) ?? false } ?? true
    }
}

extension HostState {
    fileprivate var mark: String { "\(osDigest) \(kubernetesVersion)" }
}

extension HostTaskStatus {
    fileprivate var mark: String { "\(id) \(phase.rawValue)" }
}
