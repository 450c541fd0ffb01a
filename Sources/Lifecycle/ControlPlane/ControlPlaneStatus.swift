import ControlLoop
import CorbelAPI

/// What an EdgeControlPlane's status says of its machines.
struct ControlPlaneStatus {
    private let scope: ClusterScope
    private let machines: [Machine]
    private let hosts: [HostMachine]
    private let quorum: EtcdQuorum

    init(_ scope: ClusterScope) {
        self.scope = scope
        machines = scope.machines.filter(\.isControlPlane)
        hosts = scope.hostMachines.filter { $0.role == .controlPlane }
        quorum = scope.quorum
    }

    func write(into controlPlane: inout EdgeControlPlane, waits: [Wait], now: Timestamp) {
        // Both have happened once and stay true (the contract's `initialization`).
        controlPlane.isInitialized = controlPlane.isInitialized || hosts.contains(where: \.hasBootstrapped)
        controlPlane.json["status", "selector"] = .string(
            "\(WellKnown.clusterName)=\(scope.name),\(WellKnown.controlPlane)=")
        ReplicaCounts(machines).write(into: &controlPlane)
        writeVersions(into: &controlPlane)
        writeEtcd(into: &controlPlane)
        controlPlane.observedGeneration = controlPlane.generation
        writeConditions(into: &controlPlane, waits: waits, now: now)
    }

    private func writeVersions(into controlPlane: inout EdgeControlPlane) {
        let versions = hosts.compactMap { $0.running.flatMap { SemanticVersion($0.kubernetesVersion) } }.sorted()
        let distinct = versions.reduce(into: [SemanticVersion]()) { if $0.last != $1 { $0.append($1) } }
        controlPlane.json["status", "version"] = distinct.first.map { .string("v\($0)") }
        controlPlane.json["status", "versions"] =
            distinct.isEmpty
            ? nil
            : .array(
                distinct.map { version in
                    ["version": .string("v\(version)"), "replicas": JSONValue(versions.filter { $0 == version }.count)]
                })
    }

    private func writeEtcd(into controlPlane: inout EdgeControlPlane) {
        let members = hosts.compactMap { host in EtcdMember(of: host).map { (host.hostName, $0) } }
        guard !members.isEmpty else { return }
        controlPlane.json["status", "etcd"] = [
            "members": JSONValue(members.map(\.0)),
            "unhealthy": JSONValue(quorum.unhealthyHosts),
            "leader": .string(members.first { $0.1.isLeader }?.0 ?? ""),
        ]
    }

    private func writeConditions(into controlPlane: inout EdgeControlPlane, waits: [Wait], now: Timestamp) {
        let isEtcdHealthy = !quorum.voters.isEmpty && quorum.unhealthyHosts.isEmpty
        let isAvailable = controlPlane.isInitialized && quorum.healthy >= EtcdQuorum.majority(of: quorum.voters.count)
        let ready = machines.filter { $0.isTrue("Ready") }.count
        let serving = PoolScale.serving(controlPlane) ?? controlPlane.replicas
        func set(_ type: String, _ holds: Bool, _ reasons: (String, String), _ message: String = "") {
            controlPlane.set(
                Condition(type, .init(holds), reason: holds ? reasons.0 : reasons.1, message: holds ? "" : message),
                now: now)
        }
        set("Initialized", controlPlane.isInitialized, ("Initialized", "NotInitialized"))
        set(
            "EtcdClusterHealthy", isEtcdHealthy, ("Healthy", "MembersUnhealthy"),
            "unhealthy: \(quorum.unhealthyHosts.joined(separator: ", "))")
        set(
            "Available", isAvailable, ("Available", "NotAvailable"),
            "etcd has \(quorum.healthy) of \(quorum.voters.count) members")
        set(
            "MachinesReady", ready == machines.count && ready > 0, ("Ready", "NotReady"),
            "\(ready) of \(machines.count) are ready")
        set("ScalingUp", machines.count < serving, ("ScalingUp", "NotScalingUp"))
        set("ScalingDown", machines.count > serving, ("ScalingDown", "NotScalingDown"))
        let refusal = waits.first { ["ScaleInRefused", "QuorumAtRisk", "ReplacementRefused"].contains($0.reason) }
        set("ScaleRefused", refusal != nil, (refusal?.reason ?? "", "NotRefused"))
        if let refusal {
            controlPlane.set(
                Condition("ScaleRefused", .isTrue, reason: refusal.reason, message: refusal.message), now: now)
        }
    }
}

/// The counts that the contract asks of everything that has replicas.
struct ReplicaCounts {
    let machines: [Machine]

    init(_ machines: [Machine]) { self.machines = machines }

    func write(into object: inout some Resource) {
        let counts = [
            ("replicas", machines.count), ("readyReplicas", machines.filter { $0.isTrue("Ready") }.count),
            ("availableReplicas", machines.filter { $0.isTrue("Available") }.count),
            ("upToDateReplicas", machines.filter { $0.isTrue("UpToDate") }.count),
        ]
        for (field, count) in counts { object.json["status", field] = JSONValue(count) }
    }
}
