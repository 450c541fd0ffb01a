import CorbelAPI

/// What a host of a pool starts with.
struct MachineCreation {
    let scope: ClusterScope
    let pool: HostPool
    let revision: ClusterRevision

    func machine(for host: String, mode: HostConfig.Mode, owner: some Resource) -> Machine {
        let name = ObjectName.machine(host, of: scope.name)
        var machine = Machine(namespace: scope.namespace, name: name)
        machine.labels = labels
        machine.annotations = [
            Annotation.host: host, Annotation.bootstrapMode: mode.rawValue, Annotation.revision: revision.name,
        ]
        machine.finalizers = [Machine.finalizer]
        machine.setController(owner)
        machine.spec = [
            "clusterName": .string(scope.name), "version": .string("v\(revision.kubernetesVersion)"),
            "bootstrap": ["configRef": reference(HostConfig.groupKind, name)],
            "infrastructureRef": reference(HostMachine.groupKind, name),
        ]
        return machine
    }

    private var labels: [String: String] {
        var labels = [WellKnown.clusterName: scope.name, WellKnown.poolName: pool.name]
        if pool.role == .controlPlane { labels[WellKnown.controlPlane] = "" }
        return labels
    }
}

/// Which hosts a pool wants: its active ones, with spares in the place of those that failed.
struct PoolMembership {
    let pool: HostPool
    /// Failed host -> spare.
    private let replacements: [String: String]

    init(_ pool: HostPool, owner: some Resource) {
        self.pool = pool
        let text = owner.annotation(Annotation.replacements) ?? "{}"
        replacements = (try? JSONValue(parsing: Array(text.utf8)))?.stringMap ?? [:]
    }

    var hosts: [String] { pool.activeHosts.map(serving) }

    /// The spares that stand by: those that serve for nobody and are no active host by now.
    var freeSpares: [String] {
        let taken = Set(hosts)
        return pool.spares.filter { !taken.contains($0) }
    }

    /// The annotation's value once `spare` serves in the place of `host`.
    func replacing(_ host: String, with spare: String) -> String {
        let original = pool.activeHosts.first { serving($0) == host } ?? host
        let named = Set(pool.activeHosts)
        // Entries of hosts that the pool no longer names are dropped: the user has answered them.
        var kept = replacements.filter { named.contains($0.key) }
        kept[original] = spare
        return JSONValue(kept).encodedText
    }

    private func serving(_ host: String) -> String { replacements[host] ?? host }
}
