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

    mutating func stepKubernetes(at site: Int) {
        plan(.kubernetes(site: site), in: Self.kubernetesInterval)
        var etcd = sites[site].etcd
        etcd.settle { memberLives($0) }
        sites[site].etcd = etcd
        for host in sites[site].hosts where machines[host].downSince != nil && serves(host) {
            machines[host].downSince = nil
            timeline?.note(.up, of: host, at: now)
        }
        guard isUp(site: site) else { return }
        for host in sites[site].hosts { stepKubelet(host) }
        runWorkloads(at: site)
        publishJoinMaterial(at: site)
    }

    private mutating func stepKubelet(_ host: Int) {
        let isHeard =
            machines[host].disk.isMember && serves(host) && !isCutOffAtSite(host)
            && kubeletIsBelieved(host)
        let isWell = isHeard && kubeletIsWell(host)
        if isWell {
            machines[host].lastBeat = now
            rotateKubeletCertificate(of: host)
        }
        let site = machines[host].site
        let present = sites[site].plane.get(Node.self, name: machines[host].name)
        guard let status = nodeStatus(host, isWell: isWell, isHeard: isHeard), present != nil || isWell else { return }
        if present?.condition("Ready")?.status == status { return }
        var node = present ?? Node(name: machines[host].name)
        node.set(Condition("Ready", status, reason: status == .isTrue ? "KubeletReady" : "KubeletDown"), now: now)
        sites[site].plane.put(node, now: now)
    }

    private func nodeStatus(_ host: Int, isWell: Bool, isHeard: Bool) -> Condition.Status? {
        if isWell { return .isTrue }
        if isHeard { return .isFalse }
        return now - machines[host].lastBeat >= Self.nodeGrace ? .unknown : nil
    }

    /// What the leader's agent publishes, so that further hosts find a way in.
    private mutating func publishJoinMaterial(at site: Int) {
        let cluster = sites[site].cluster
        let name = ObjectName.joinSecret(cluster)
        guard leader(of: site) != nil, sitesCluster(site) != nil,
            sites[site].plane.get(Secret.self, namespace: Self.namespace, name: name) == nil
        else { return }
        var secret = Secret(namespace: Self.namespace, name: name)
        secret.labels = [WellKnown.clusterName: cluster]
        secret.type = clusterSecretType
        let material = JSONValue.string(Base64.encode(Array("token".utf8)))
        secret.json["data"] = ["control-plane": material, "worker": material]
        sites[site].plane.put(secret, now: now)
    }

    // MARK: Link and pivot

    mutating func stepLink(to site: Int) {
        plan(.link(site: site), in: Self.linkInterval)
        if site == 0 { listenForHeartbeats() }
        observe(.passes(site: site))
        guard linkIsUp(to: site), isUp(site: site) else { return }
        importPivot(to: site)
        guard let leader = leader(of: site), !isCutOffAtSite(leader), !isCutOffFromCentre(leader) else { return }
        for _ in 0..<4 {
            let position = SimulatedSite.LinkPosition(centre: centre, site: sites[site].plane)
            if position == sites[site].linkIsIdleAt { return }
            let exchange = LinkExchange(centre: centre.snapshot, site: sites[site].plane.snapshot)
            write(exchange.down, to: .site(site))
            write(exchange.up, to: .centre)
            if exchange.down.isEmpty, exchange.up.isEmpty { sites[site].linkIsIdleAt = position }
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
    private mutating func importPivot(to site: Int) {
        let cluster = centresCluster(site)
        guard let status = PivotStatus(of: cluster) else {
            sites[site].isPivoting = false
            return
        }
        sites[site].isPivoting = status.isUnderWay
        guard status.awaitsSite else { return }
        let bundle = PivotBundle(of: cluster, in: centre.snapshot)
        guard let pivot = PivotImport(bundle: bundle, cluster: cluster, site: sites[site].plane.snapshot) else {
            return
        }
        switch pivot.next {
        case .write(let intents):
            for intent in intents {
                do { _ = try perform(intent, on: .site(site), "pivot") } catch { return trace.mix(3) }
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
        centre.change(EdgeCluster.self, namespace: Self.namespace, name: cluster.name, now: now) {
            $0.json["status", "pivot"] = json
        }
    }
}
