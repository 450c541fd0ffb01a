import ControlLoop
import CorbelAPI
import Lifecycle

/// The hosts' agents and kubelets: each step, every agent goes one phase further with its task.
struct TestAgents {
    enum Outcome {
        case reverts(HostTaskStatus.Cause)
        case fails
    }

    /// What goes wrong, by host, with the next task that has a target and is past its gate.
    var faults: [String: Outcome] = [:]
    /// How many more etcd snapshots fail.
    var failingSnapshots = 0
    /// Hosts that cannot renew certificates.
    var failingRenewals: Set<String> = []
    /// Hosts whose plug is pulled.
    var dead: Set<String> = []
    private var members = 0

    mutating func step(
        _ plane: inout TestPlane, site: inout TestPlane?, now: Timestamp,
        where concerns: (HostMachine) -> Bool = { _ in true }
    ) {
        for machine in plane.snapshot.list(HostMachine.self)
        where !dead.contains(machine.hostName) && concerns(machine) {
            var changed = machine
            if !machine.isProvisioned {
                changed.isProvisioned = true
                changed.json["status", "addresses"] = [
                    ["type": "InternalIP", "address": .string("10.0.0.\(machine.hostName.count)")]
                ]
            } else if let task = machine.task {
                advance(&changed, task, &plane, &site, now)
            }
            if changed != machine, plane.snapshot[machine.key] != nil {
                var latest = plane.get(HostMachine.self, machine.name) ?? changed
                latest.json["status"] = changed.json["status"]
                plane.put(latest)
            }
        }
    }

    private mutating func advance(
        _ machine: inout HostMachine, _ task: HostTask, _ plane: inout TestPlane, _ site: inout TestPlane?,
        _ now: Timestamp
    ) {
        let known = machine.taskStatus?.id == task.id ? machine.taskStatus?.phase : nil
        if known?.isFinal == true { return }
        var next = phase(after: known, task, machine.hostName)
        if task.type == .snapshotEtcd, next == .done, failingSnapshots > 0 {
            failingSnapshots -= 1
            next = .failed
        }
        if task.type == .renewCertificates {
            // It takes a while, so that one can be seen to go after the other.
            next = known == nil ? .applying : failingRenewals.contains(machine.hostName) ? .failed : .done
        }
        guard next != known else { return }
        var status = HostTaskStatus(id: task.id, phase: next, since: now)
        if task.type == .snapshotEtcd, next == .done {
            status.result = ["path": "/var/lib/corbel/snapshots/one.db", "revision": 7, "totalSize": 4096]
        }
        if next == .reverted || next == .failed, case .reverts(let cause)? = faults[machine.hostName] {
            status.cause = cause
        }
        if next == .reverted || next == .failed {
            status.reason = "NotHealthy"
            status.message = "the kubelet did not become healthy"
        }
        machine.taskStatus = status
        if task.type != .renewCertificates { setNode(machine.hostName, isReady: next != .applying, &plane, &site) }
        if next == .done { finish(&machine, task, &plane, &site, now) }
    }

    private func phase(
        after phase: HostTaskStatus.Phase?, _ task: HostTask, _ host: String
    ) -> HostTaskStatus.Phase {
        switch phase {
        case nil where task.type == .bootstrap: return faults[host] == nil ? .done : .applying
        case nil: return task.target == nil ? .done : .prepared
        case .prepared: return task.gate == .proceed ? .applying : .prepared
        default:
            switch faults[host] {
            case .reverts: return .reverted
            case .fails: return .failed
            case nil: return .done
            }
        }
    }

    private mutating func finish(
        _ machine: inout HostMachine, _ task: HostTask, _ plane: inout TestPlane, _ site: inout TestPlane?,
        _ now: Timestamp
    ) {
        switch task.type {
        case .bootstrap: join(&machine, &plane, &site)
        case .removeEtcdMember: removeMember(task.parameters["member"] ?? "", &plane)
        case .moveEtcdLeader: moveLeader(from: &machine, &plane)
        case .renewCertificates:
            machine.certificates = HostCertificates(expires: now + .seconds(365 * 86_400), name: "apiserver")
        case .reset: machine.json["status", "etcd"] = nil
        default: break
        }
        if let target = task.target { machine.running = target }
    }

    private mutating func join(_ machine: inout HostMachine, _ plane: inout TestPlane, _ site: inout TestPlane?) {
        var node = Node(name: machine.hostName)
        node.set(Condition("Ready", .isTrue, reason: "KubeletReady"), now: Timestamp(seconds: 0))
        if site != nil { site?.put(node) } else { plane.put(node) }
        guard machine.role == .controlPlane else { return }
        members += 1
        machine.json["status", "etcd"] = [
            "id": .string("member-\(members)"), "name": .string(machine.hostName), "leader": JSONValue(members == 1),
            "healthy": true,
        ]
        guard members == 1 else { return }
        var join = Secret(namespace: "site", name: ObjectName.joinSecret(machine.clusterName))
        join.labels = [WellKnown.clusterName: machine.clusterName]
        join.type = clusterSecretType
        let material = JSONValue.string(Base64.encode(Array("token".utf8)))
        join.json["data"] = ["control-plane": material, "worker": material]
        if site != nil { site?.put(join) } else { plane.put(join) }
    }

    private func removeMember(_ id: String, _ plane: inout TestPlane) {
        for machine in plane.snapshot.list(HostMachine.self)
        where machine.json["status", "etcd", "id"]?.stringValue == id {
            guard !dead.contains(machine.hostName) else { continue }
            plane.change(HostMachine.self, machine.name) { $0.json["status", "etcd", "healthy"] = false }
        }
    }

    private func moveLeader(from machine: inout HostMachine, _ plane: inout TestPlane) {
        machine.json["status", "etcd", "leader"] = false
        let own = machine.name
        let next = plane.snapshot.list(HostMachine.self).first {
            $0.role == .controlPlane && $0.name != own && $0.json["status", "etcd"] != nil
        }
        if let next { plane.change(HostMachine.self, next.name) { $0.json["status", "etcd", "leader"] = true } }
    }

    private func setNode(_ host: String, isReady: Bool, _ plane: inout TestPlane, _ site: inout TestPlane?) {
        plane.change(Node.self, host) {
            $0.set(
                Condition("Ready", .init(isReady), reason: isReady ? "KubeletReady" : "KubeletDown"),
                now: Timestamp(seconds: 0))
        }
    }
}
