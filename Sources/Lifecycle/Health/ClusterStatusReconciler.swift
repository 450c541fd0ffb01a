public import ControlLoop
public import CorbelAPI

/// What the plane that runs a cluster says of it in the EdgeCluster's status: health, hosts, versions, layers, and
/// everything that any of the cluster's objects waits for. The centre writes the other fields; each leaves the
/// other's alone.
public struct ClusterStatusReconciler: Reconciler {
    static let author = "plane"

    public let name = "cluster-status"
    public var primary: GroupKind { EdgeCluster.groupKind }
    public var batchPeriod: Duration { .milliseconds(500) }

    private let authors: [String]

    /// `reconcilers` are those whose waits are told, in the order in which people read them.
    public init(gathering reconcilers: [any Reconciler]) { authors = reconcilers.map(\.name) }

    public var watches: [WatchedKind] {
        let own = [
            Cluster.groupKind, ClusterRevision.groupKind, ClusterUpdate.groupKind, EdgeControlPlane.groupKind,
            HostMachine.groupKind, Machine.groupKind, MachineDeployment.groupKind, Node.groupKind, Pod.groupKind,
        ]
        return (own + LayerPlan.observedKinds).map { Watching.everything(of: $0, wakes: EdgeCluster.groupKind) }
    }

    public func objectsToWake(forWaitsAt key: ObjectKey, in snapshot: Snapshot) -> [ObjectKey] {
        snapshot.list(primary).map(\.key)
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let edgeCluster: EdgeCluster = snapshot.get(EdgeCluster.self, namespace: key.namespace, name: key.name)
        else {
            return .done
        }
        let scope = ClusterScope(snapshot, namespace: key.namespace, name: key.name)
        var decision = Decision()
        guard let cluster = scope.cluster else {
            // Without a Cluster this is not the plane that runs it; unless the cluster has just been taken down here.
            if edgeCluster.annotation(Annotation.deleting) != nil { reportEnd(of: edgeCluster, scope, &decision) }
            return decision.outcome
        }
        // A paused cluster is on its way to another plane: what was waited for in this one is waited for no more.
        guard !cluster.isPaused else {
            var rested = edgeCluster
            if scope.plane == .centre { rested.setWaits([], by: Self.author, now: now) }
            decision.updateStatus(rested, from: edgeCluster)
            return decision.outcome
        }
        var status = edgeCluster
        writeCounts(scope, into: &status)
        let plan = scope.plane == .site ? scope.revision.map { LayerPlan(scope, $0) } : nil
        status.json["status", "health"] = ClusterHealth(scope, layers: plan?.layers ?? []).json
        status.json["status", "layers"] = plan.map { Self.json($0.layers) }
        if let site = SiteAddress(of: scope.hostMachines) { status.site = site }
        let waits = gatherWaits(scope)
        status.setWaits(waits, by: Self.author, now: now)
        decision.wait(waits)
        decision.updateStatus(status, from: edgeCluster)
        return decision.outcome
    }

    private func writeCounts(_ scope: ClusterScope, into status: inout EdgeCluster) {
        let hosts = scope.hostMachines
        status.members = hosts.map(\.hostName).sorted()
        let handedBack = status.handedBack.filter { host in
            // Whoever was taken back leaves its Node behind: it may have come up once more before.
            !status.takenBack.contains(host) || scope.node(ofHost: host) != nil
        }
        if handedBack != status.handedBack { status.handedBack = handedBack }
        status.scaledPools = scope.acceptedPools.reduce(into: [:]) { counts, pool in
            let object = scope.scaledObject(of: pool)
            guard object?.annotation(Annotation.scaledTo) != nil else { return }
            counts[pool.name] = object.flatMap(PoolScale.serving)
        }
        status.json["status", "hosts"] = JSONValue(hosts.count)
        status.etcdLeader = hosts.first { EtcdMember(of: $0)?.isLeader == true }?.hostName
        status.json["status", "readyHosts"] = JSONValue(scope.machines.filter { $0.isTrue("Ready") }.count)
        status.certificates = hosts.compactMap(ExpiringCertificate.init(of:)).min {
            $0.first.expires < $1.first.expires
        }
        status.json["status", "kubernetesVersion"] = scope.controlPlane?.json["status", "version"]
    }

    /// The centre lets go of hosts that are no members any more.
    private func reportEnd(of edgeCluster: EdgeCluster, _ scope: ClusterScope, _ decision: inout Decision) {
        var status = edgeCluster
        writeCounts(scope, into: &status)
        decision.updateStatus(status, from: edgeCluster)
    }

    private static func json(_ layers: [LayerPlan.Layer]) -> JSONValue {
        let entries = layers.map { layer -> JSONValue in
            let waits = LayerPlan.waits(of: layer)
            var entry: JSONValue = ["name": .string(layer.name), "ready": JSONValue(waits.isEmpty)]
            if let wait = waits.first { entry["message"] = .string(wait.message) }
            return entry
        }
        return .array(entries)
    }

    private func gatherWaits(_ scope: ClusterScope) -> [Wait] {
        var seen: Set<Wait> = []
        let own = authors.flatMap(scope.snapshot.waits.of).filter { belongs($0.key, to: scope) }
        return own.flatMap(\.waits).filter { seen.insert($0).inserted }
    }

    private func belongs(_ key: ObjectKey, to scope: ClusterScope) -> Bool {
        guard key.namespace == scope.namespace, let object = scope.snapshot[key] else { return false }
        return key.name == scope.name || object.label(WellKnown.clusterName) == scope.name
    }
}
