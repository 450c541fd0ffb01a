import ControlLoop
import CorbelAPI

/// Hosts that the plane which runs a cluster has let go of without their having been reset, and what the centre does
/// about them: it alone reaches a host that has no site any more.
///
/// A host is handed back where the site cannot see its reset through: it was given up for dead and may come back, or
/// it is of the control plane of a cluster that ends, whose API server goes with it.
///
///     site: handedBack   centre: HostMachine for the reset   centre: takenBack   next
///     names the host     none                                -                   the centre tells the host to reset
///     names the host     its task is not done                -                   wait for the host's agent
///     names the host     done                                -                   takenBack names it
///     any                there                               names it            the HostMachine goes
///     names the host     none                                names it            the site drops its Node, and the name
///     -                  none                                names it            the centre drops the name
///
/// Until then the host stays claimed, and no Machine is made for it.
struct HandedBackHosts {
    private let cluster: EdgeCluster
    private let snapshot: Snapshot

    init(of cluster: EdgeCluster, in snapshot: Snapshot) {
        self.cluster = cluster
        self.snapshot = snapshot
    }

    /// Takes the next step for each host, at the centre. A host's HostMachine bears no label of the cluster: it is
    /// nothing that a pivot would carry.
    func takeBack(into status: inout EdgeCluster, _ decision: inout Decision) -> [Wait] {
        var taken: [String] = []
        var waits: [Wait] = []
        for host in cluster.takenBack {
            // The site may drop the name first: the centre's own outlasts the HostMachine.
            if let machine = order(for: host) { decision.delete(machine) } else if !names(host) { continue }
            taken.append(host)
        }
        for host in cluster.handedBack where !taken.contains(host) {
            guard let machine = order(for: host) else {
                decision.create(newOrder(for: host))
                waits.append(wait(for: host, since: nil))
                continue
            }
            let isReset = machine.currentTaskStatus?.phase == .done
            if isReset { taken.append(host) } else { waits.append(wait(for: host, since: machine.creationTimestamp)) }
        }
        if taken != cluster.takenBack { status.takenBack = taken }
        return waits
    }

    private func names(_ host: String) -> Bool { cluster.handedBack.contains(host) }

    private func order(for host: String) -> HostMachine? {
        snapshot.get(
            HostMachine.self, namespace: cluster.namespace, name: ObjectName.reset(host, of: cluster.name))
    }

    private func newOrder(for host: String) -> HostMachine {
        var machine = HostMachine(
            namespace: cluster.namespace, name: ObjectName.reset(host, of: cluster.name))
        machine.clusterName = cluster.name
        machine.hostName = host
        machine.providerID = "corbel://\(host)"
        // The site has no say in it any more: an epoch that it never had.
        machine.task = HostTask(
            id: "reset-\(cluster.uid)", type: .reset, epoch: cluster.epoch + 1, leaseTransitions: 0)
        return machine
    }

    private func wait(for host: String, since: Timestamp?) -> Wait {
        Wait(
            "HostNotReset", "the host \(host) was let go of and has not been reset",
            on: EdgeHost.key(namespace: cluster.namespace, name: host), since: since,
            unblockedBy: "the agent of \(host) reaches the centre and finishes its task Reset, or somebody revokes it")
    }
}

extension EdgeCluster {
    /// The hosts that were let go of before they were reset, as the plane that runs the cluster reports.
    var handedBack: [String] {
        get { json["status", "handedBack"]?.stringList ?? [] }
        set { json["status", "handedBack"] = JSONValue(newValue) }
    }

    /// Those of them that the centre has had reset.
    var takenBack: [String] {
        get { json["status", "takenBack"]?.stringList ?? [] }
        set { json["status", "takenBack"] = JSONValue(newValue) }
    }

    /// Whether a host has been let go of, and has yet to be reset.
    func awaitsReset(_ host: String) -> Bool { handedBack.contains(host) && !takenBack.contains(host) }
}
