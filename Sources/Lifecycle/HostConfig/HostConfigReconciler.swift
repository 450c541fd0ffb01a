public import ControlLoop
public import CorbelAPI

/// Makes the bootstrap Secret of a host: what it needs to know to begin the cluster, or to join it.
///
/// The host that begins makes the cluster's certificate authorities itself, so its Secret holds no key. What the
/// others need to join (a short-lived credential, for a control plane its authorities) is published by the agent that
/// leads the site, in the Secret `<cluster>-join` with an entry for each role, and copied from there: no reconciler
/// ever makes a credential.
public struct HostConfigReconciler: Reconciler {
    public let name = "host-config"
    public var primary: GroupKind { HostConfig.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        let shared = [
            Cluster.groupKind, EdgeCluster.groupKind, ClusterRevision.groupKind, Secret.groupKind,
        ].map { Watching.cluster(of: $0, wakes: HostConfig.groupKind) }
        let certificates = WatchedKind(
            HostMachine.groupKind,
            decisive: .those { $0.old?.json["status", "certificates"] != $0.new?.json["status", "certificates"] },
            affects: { host, _ in [HostConfig.key(namespace: host.namespace, name: host.name)] })
        return shared + [Watching.namesake(of: Machine.groupKind, wakes: HostConfig.groupKind), certificates]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard let config: HostConfig = snapshot.get(HostConfig.self, namespace: key.namespace, name: key.name),
            !config.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, of: config)
        guard !scope.isPaused(config) else { return .done }
        var decision = Decision()
        let content = BootstrapContent(config, scope)
        if let wait = content.obstacle {
            decision.wait(wait)
            return decision.outcome
        }
        let present: Secret? = scope.find(ObjectName.bootstrapSecret(config.name))
        guard let present else {
            decision.create(content.secret(over: nil))
            return decision.outcome
        }
        // A host that is a member needs its Secret no more; fresh join tokens are for those that have yet to join.
        let host = scope.hostMachine(ofHost: content.host)
        if host?.hasBootstrapped != true {
            decision.update(content.secret(over: present), from: present)
        } else if let certificates = host?.certificates, certificates.ends(within: .seconds(3600), of: now) {
            // Its kubelet was off for too long, and has to ask for a certificate as it did when it joined.
            decision.update(content.letInAnew(over: present), from: present)
        }
        var status = config
        status.dataSecretName = present.name
        status.dataSecretCreated = true
        status.observedGeneration = config.generation
        status.set(Condition("Ready", .isTrue, reason: "Ready"), now: now)
        decision.updateStatus(status, from: config)
        return decision.outcome
    }
}
