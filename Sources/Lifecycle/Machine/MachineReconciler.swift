public import ControlLoop
public import CorbelAPI

/// Cluster API's Machine: makes the host's two objects, carries the contract's fields between them, and takes the
/// machine down in Cluster API's order.
///
///     phase          entered when
///     Pending        the bootstrap Secret is not there
///     Provisioning   the Secret is there, the host's agent has not taken the machine
///     Provisioned    the agent has; the node has not appeared
///     Running        the node has appeared            Updating: a task disturbs the host
///     Failed         the bootstrap task has failed    Unknown: the node cannot be reached
///     Deleting       a deletion was asked for
public struct MachineReconciler: Reconciler {
    public let name = "machine"
    public var primary: GroupKind { Machine.groupKind }

    private let term: LeadershipTerm

    public init(term: LeadershipTerm) { self.term = term }

    public var watches: [WatchedKind] {
        let heads = [Cluster.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind].map {
            Watching.cluster(of: $0, wakes: Machine.groupKind)
        }
        let own = [HostMachine.groupKind, HostConfig.groupKind].map { kind in
            Watching.machines(of: kind) { $0.name == $1.name }
        }
        let leaving = [EdgeControlPlane.groupKind, Pod.groupKind, PodDisruptionBudget.groupKind].map {
            Watching.machines(of: $0)
        }
        return heads + own + leaving + [Watching.machines(of: Node.groupKind) { $0.hostName == $1.name }]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let machine: Machine = snapshot.get(Machine.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        let scope = ClusterScope(snapshot, of: machine)
        guard !scope.isPaused(machine) else { return .done }
        var decision = Decision()
        if machine.isDeleting {
            MachineDeletion(machine, scope, term, now).advance(&decision)
            return decision.outcome
        }
        ensureHostObjects(machine, scope, &decision)
        let view = MachineView(machine, in: scope)
        fillContract(machine, view, scope, &decision)
        if let wait = view.obstacle { decision.wait(wait) }
        var status = machine
        MachineStatus(view, scope, now).write(into: &status)
        decision.updateStatus(status, from: machine)
        return decision.outcome
    }

    private func ensureHostObjects(_ machine: Machine, _ scope: ClusterScope, _ decision: inout Decision) {
        let role: HostPool.Role = machine.isControlPlane ? .controlPlane : .worker
        let revision = machine.annotation(Annotation.revision) ?? ""
        let labels = machine.labels
        if scope.find(machine.name) as HostConfig? == nil {
            var config = HostConfig(namespace: machine.namespace, name: machine.name)
            config.labels = labels
            config.setController(machine)
            config.mode = machine.bootstrapMode
            config.role = role
            config.revision = revision
            decision.create(config)
        }
        if scope.hostMachine(of: machine) == nil {
            var host = HostMachine(namespace: machine.namespace, name: machine.name)
            host.labels = labels
            host.finalizers = [HostMachine.finalizer]
            host.setController(machine)
            host.clusterName = machine.clusterName
            host.hostName = machine.hostName
            host.role = role
            host.providerID = "corbel://\(machine.hostName)"
            decision.create(host)
        }
    }

    /// The fields that the contract carries from the provider's objects into the Machine.
    private func fillContract(
        _ machine: Machine, _ view: MachineView, _ scope: ClusterScope, _ decision: inout Decision
    ) {
        let config: HostConfig? = scope.find(machine.name)
        var filled = machine
        if config?.dataSecretCreated == true, let secret = config?.dataSecretName { filled.dataSecretName = secret }
        if let providerID = view.hostMachine?.providerID { filled.providerID = providerID }
        if let running = view.hostMachine?.running, view.hasBootstrapped {
            filled.version = "v\(running.kubernetesVersion)"
        }
        decision.update(filled, from: machine)
    }
}

/// The term of the leader that decides: agents refuse tasks of an older one. At the centre, which has no lease with
/// its hosts, it is 0.
public struct LeadershipTerm: Sendable, Hashable {
    public var transitions: Int

    public init(transitions: Int) { self.transitions = transitions }
}
