import ControlLoop
import CorbelAPI

/// Everything that a snapshot holds of one cluster.
struct ClusterScope {
    /// Whose API server holds the cluster's objects.
    enum Plane: String {
        case centre = "Centre"
        case site = "Site"
    }

    let snapshot: Snapshot
    let namespace: String
    let name: String

    init(_ snapshot: Snapshot, namespace: String, name: String) {
        self.snapshot = snapshot
        self.namespace = namespace
        self.name = name
    }

    /// The scope of an object that bears Cluster API's label of its cluster.
    init(_ snapshot: Snapshot, of object: some Resource) {
        self.init(snapshot, namespace: object.namespace, name: object.label(WellKnown.clusterName) ?? "")
    }

    var edgeCluster: EdgeCluster? { find(name) }
    var cluster: Cluster? { find(name) }
    var hostCluster: HostCluster? { find(name) }
    var controlPlane: EdgeControlPlane? { find(ObjectName.controlPlane(name)) }

    func find<Kind: TypedResource>(_ name: String) -> Kind? {
        snapshot.get(Kind.self, namespace: namespace, name: name)
    }

    func list<Kind: TypedResource>(_: Kind.Type) -> [Kind] {
        snapshot.list(Kind.groupKind, namespace: namespace).compactMap { object in
            object.label(WellKnown.clusterName) == name ? Kind(json: object.json) : nil
        }
    }

    var machines: [Machine] { list(Machine.self) }
    var hostMachines: [HostMachine] { list(HostMachine.self) }

    func hostMachine(of machine: Machine) -> HostMachine? { find(machine.name) }
    func hostMachine(ofHost host: String) -> HostMachine? { find(ObjectName.machine(host, of: name)) }
    func machine(ofHost host: String) -> Machine? { find(ObjectName.machine(host, of: name)) }

    /// Whether a host was let go of and is not known to have been reset: nobody makes it a machine until then.
    func isHandedBack(_ host: String) -> Bool { edgeCluster?.handedBack.contains(host) ?? false }

    /// A host's Node bears the host's name.
    func node(ofHost host: String) -> Node? { snapshot.get(Node.self, name: host) }

    /// The pools as the centre has accepted them: every host named there is claimed.
    var acceptedPools: [HostPool] { edgeCluster?.acceptedPools ?? [] }

    /// The accepted pools with as many hosts as serve, whoever has said so: the spec, or somebody who scaled.
    var pools: [HostPool] {
        acceptedPools.map { pool in
            guard !pool.setsReplicas, let object = scaledObject(of: pool), let count = PoolScale.serving(object) else {
                return pool
            }
            var serving = pool
            serving.replicas = count
            return serving
        }
    }

    /// The object that has the subresource `scale` for a pool.
    func scaledObject(of pool: HostPool) -> (any Resource)? {
        switch pool.role {
        case .controlPlane: return controlPlane
        case .worker:
            let deployment: MachineDeployment? = find(ObjectName.pool(pool.name, of: name))
            return deployment
        }
    }

    func pool(named name: String) -> HostPool? { pools.first { $0.name == name } }

    /// The revision whose layers run.
    var revision: ClusterRevision? { cluster?.annotation(Annotation.revision).flatMap { find($0) } }

    var plane: Plane { edgeCluster?.plane ?? .centre }
    var epoch: Int { edgeCluster?.epoch ?? 1 }

    /// Whether the cluster or this object of it rests (Cluster API's contract). What has no Cluster rests too: kinds
    /// are watched one by one, and where a pivot has taken a cluster away its Cluster may be seen to go first.
    func isPaused(_ object: some Resource) -> Bool {
        object.annotation(WellKnown.paused) != nil || cluster?.isPaused ?? true
    }

    /// The update that is under way, if one is.
    var activeUpdate: ClusterUpdate? {
        snapshot.list(ClusterUpdate.self, namespace: namespace).first { $0.clusterName == name && $0.isUnderWay }
    }
}

extension EdgeCluster {
    var plane: ClusterScope.Plane {
        get { json["status", "plane"]?.stringValue.flatMap(ClusterScope.Plane.init) ?? .centre }
        set { json["status", "plane"] = .string(newValue.rawValue) }
    }

    /// The pools of the spec, of which every host that is named has been claimed.
    var acceptedPools: [HostPool] { (json["status", "pools"]?.arrayValue ?? []).map(HostPool.init(json:)) }

    /// The hosts that have a Machine, as the plane that runs the cluster last reported.
    var members: [String] {
        get { json["status", "members"]?.stringList ?? [] }
        set { json["status", "members"] = JSONValue(newValue) }
    }
}

extension ClusterUpdate {
    /// Whether hosts may be in the middle of it.
    var isUnderWay: Bool {
        switch phase {
        case .progressing, .paused, .halted: true
        case .pendingApproval, .aborted, .completed, .superseded: false
        }
    }

    /// Whether it will never take another step.
    var isFinal: Bool {
        switch phase {
        case .completed, .superseded, .aborted: true
        case .pendingApproval, .progressing, .paused, .halted: false
        }
    }
}

extension HostPool {
    /// The hosts that are to serve: the first `replicas` of those that may.
    var activeHosts: [String] { Array(hosts.prefix(replicas)) }
}
