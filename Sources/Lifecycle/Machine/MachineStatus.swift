import ControlLoop
import CorbelAPI
import Revisions

/// What a Machine's status says of its host and its node.
struct MachineStatus {
    private let view: MachineView
    private let scope: ClusterScope
    private let now: Timestamp
    private let task: HostTask?
    private let taskStatus: HostTaskStatus?

    init(_ view: MachineView, _ scope: ClusterScope, _ now: Timestamp) {
        self.view = view
        self.scope = scope
        self.now = now
        task = view.hostMachine?.task
        taskStatus = task.flatMap { view.hostMachine?.status(of: $0) }
    }

    func write(into machine: inout Machine) {
        let host = view.hostMachine
        machine.json["status", "initialization"] = [
            "infrastructureProvisioned": JSONValue(host?.isProvisioned == true),
            "bootstrapDataSecretCreated": JSONValue(machine.dataSecretName != nil),
        ]
        if machine.isControlPlane, let certificates = host?.certificates {
            machine.json["status", "certificatesExpiryDate"] = .string(certificates.expires.rfc3339)
        }
        machine.json["status", "addresses"] = host?.json["status", "addresses"]
        // The site's API server is the only one that has Nodes; at the centre the reference stays open.
        if let node = view.node, view.hasBootstrapped {
            machine.nodeName = node.name
            machine.json["status", "nodeInfo"] = node.json["status", "nodeInfo"]
        }
        machine.observedGeneration = machine.generation
        writeConditions(into: &machine)
        let phase = phase(of: machine)
        if phase != machine.phase || machine.json["status", "lastUpdated"] == nil {
            machine.phase = phase
            machine.json["status", "lastUpdated"] = .string(now.rfc3339)
        }
    }

    private func phase(of machine: Machine) -> Machine.Phase {
        if hasFailed { return .failed }
        if isUpdating { return .updating }
        if machine.nodeName != nil { return view.node?.condition("Ready")?.status == .unknown ? .unknown : .running }
        if view.hostMachine?.isProvisioned == true, machine.dataSecretName != nil { return .provisioned }
        return machine.dataSecretName != nil ? .provisioning : .pending
    }

    private var hasFailed: Bool {
        task?.type == .bootstrap && (taskStatus?.phase == .failed || taskStatus?.phase == .refused)
    }

    private var isUpdating: Bool {
        guard let task, taskStatus?.phase.isFinal != true, view.hasBootstrapped else { return false }
        return task.gate == .proceed && task.type != .reset
    }

    private func writeConditions(into machine: inout Machine) {
        let node = view.node?.condition("Ready")
        set("BootstrapConfigReady", machine.dataSecretName != nil, "Ready", "NotReady", in: &machine)
        set("InfrastructureReady", view.hostMachine?.isProvisioned == true, "Ready", "NotReady", in: &machine)
        machine.set(
            Condition(
                "NodeReady", node?.status ?? .unknown, reason: node?.reason ?? "NodeMissing",
                message: node?.message ?? ""),
            now: now)
        set("UpToDate", isUpToDate, "UpToDate", "NotUpToDate", in: &machine)
        set("Updating", isUpdating, "Updating", "NotUpdating", in: &machine)
        let obstacle = view.obstacle
        for type in ["Ready", "Available"] {
            machine.set(
                Condition(
                    type, .init(obstacle == nil), reason: obstacle?.reason ?? type, message: obstacle?.message ?? ""),
                now: now)
        }
    }

    private var isUpToDate: Bool {
        guard let running = view.hostMachine?.running, let wanted = scope.revision else { return false }
        if running.revision == wanted.name { return true }
        guard let revision: ClusterRevision = scope.find(running.revision) else { return false }
        // What changes workloads alone leaves the host as it should be.
        return revision.digest == wanted.digest
            || !RevisionDiff(from: revision, to: wanted).changes.contains { $0.impact.touchesHosts }
    }

    private func set(_ type: String, _ holds: Bool, _ good: String, _ bad: String, in machine: inout Machine) {
        machine.set(Condition(type, .init(holds), reason: holds ? good : bad), now: now)
    }
}
