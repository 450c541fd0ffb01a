import ControlLoop
import CorbelAPI
import Lifecycle

/// Kubernetes at the site, the link, and the pivot's importer.
extension SimulatedWorld {
    private static let kubernetesInterval = Duration.seconds(5)
    private static let linkInterval = Duration.seconds(5)
    /// How long a kubelet may be silent before its node is Unknown.
    private static let nodeGrace = Duration.seconds(40)

    // MARK: Kubernetes

    mutating func stepKubernetes() {
        plan(.kubernetes, in: Self.kubernetesInterval)
        etcd.settle(alive: livingMembers)
        for host in machines.indices where serves(host) && machines[host].downSince != nil {
            machines[host].downSince = nil
        }
        guard siteIsUp else { return }
        for host in machines.indices { stepKubelet(host) }
        runWorkloads()
        publishJoinMaterial()
    }

    private mutating func stepKubelet(_ host: Int) {
        let name = machines[host].name
        let isHeard = serves(host) && machines[host].disk.isMember && !isIsolated(host)
        let isWell = isHeard && behaviour(on: host) != .sick
        if isWell { machines[host].lastBeat = now }
        let present = site.get(Node.self, name: name)
        guard let status = nodeStatus(host, isWell: isWell, isHeard: isHeard), present != nil || isWell else { return }
        var node = present ?? Node(name: name)
        if node.condition("Ready")?.status != status {
            node.set(Condition("Ready", status, reason: status == .isTrue ? "KubeletReady" : "KubeletDown"), now: now)
        }
        if node != present { site.put(node, now: now) }
    }

    private func nodeStatus(_ host: Int, isWell: Bool, isHeard: Bool) -> Condition.Status? {
        if isWell { return .isTrue }
        if isHeard { return .isFalse }
        return now - machines[host].lastBeat >= Self.nodeGrace ? .unknown : nil
    }

    /// Kubernetes' own controllers: what is applied becomes available.
    private mutating func runWorkloads() {
        for deployment in site.snapshot.list(Deployment.self) {
            var running = deployment
            running.json["status"] = [
                "observedGeneration": JSONValue(deployment.generation), "replicas": JSONValue(deployment.replicas),
                "updatedReplicas": JSONValue(deployment.replicas),
                "availableReplicas": JSONValue(deployment.replicas),
            ]
            if running != deployment { site.put(running, now: now) }
        }
        let nodes = site.snapshot.list(Node.self).count
        for daemons in site.snapshot.list(DaemonSet.self) {
            var running = daemons
            running.json["status"] = [
                "observedGeneration": JSONValue(daemons.generation), "desiredNumberScheduled": JSONValue(nodes),
                "updatedNumberScheduled": JSONValue(nodes), "numberReady": JSONValue(nodes),
            ]
            if running != daemons { site.put(running, now: now) }
        }
    }

    /// What the leader's agent publishes, so that further hosts find a way in.
    private mutating func publishJoinMaterial() {
        let name = ObjectName.joinSecret(Self.clusterName)
        let plane = site.get(EdgeCluster.self, namespace: Self.namespace, name: Self.clusterName)
        guard siteLeader != nil, plane != nil,
            site.get(Secret.self, namespace: Self.namespace, name: name) == nil
        else { return }
        var secret = Secret(namespace: Self.namespace, name: name)
        secret.labels = [WellKnown.clusterName: Self.clusterName]
        secret.type = clusterSecretType
        let material = JSONValue.string(Base64.encode(Array("token".utf8)))
        secret.json["data"] = ["control-plane": material, "worker": material]
        site.put(secret, now: now)
    }

    // MARK: Link and pivot

    mutating func stepLink() {
        plan(.link, in: Self.linkInterval)
        guard linkIsUp, siteIsUp else { return }
        importPivot()
        guard let leader = siteLeader, !isIsolated(leader) else { return }
        for _ in 0..<4 {
            let exchange = LinkExchange(centre: centre.snapshot, site: site.snapshot)
            write(exchange.down, to: .site)
            write(exchange.up, to: .centre)
            if exchange.down.isEmpty { return }
        }
    }

    /// Writes in order; one that fails ends it.
    private mutating func write(_ intents: [Intent], to plane: PlaneID) {
        for intent in intents {
            do { _ = try perform(intent, on: plane, "link") } catch { return trace.mix(2) }
        }
    }

    /// The agent of a control-plane host takes one step of the import.
    private mutating func importPivot() {
        let cluster = centresCluster
        guard let status = PivotStatus(of: cluster) else {
            isPivoting = false
            return
        }
        isPivoting = status.isUnderWay
        let bundle = PivotBundle(of: cluster, in: centre.snapshot)
        guard let pivot = PivotImport(bundle: bundle, cluster: cluster, site: site.snapshot) else { return }
        switch pivot.next {
        case .write(let intents):
            for intent in intents {
                do { _ = try perform(intent, on: .site, "pivot") } catch { return trace.mix(3) }
            }
        case .report(let digest): report(of: cluster) { try $0.take(importedDigest: digest, epoch: $0.epoch) }
        case .reportRelease: report(of: cluster) { try $0.takeRelease(epoch: $0.epoch) }
        case .wait, .finished: break
        }
    }

    private mutating func report(of cluster: EdgeCluster, _ body: (inout PivotStatus) throws -> Void) {
        guard var status = PivotStatus(of: cluster) else { return }
        do { try body(&status) } catch { return }
        let json = status.json
        centre.change(EdgeCluster.self, namespace: Self.namespace, name: Self.clusterName, now: now) {
            $0.json["status", "pivot"] = json
        }
    }
}
