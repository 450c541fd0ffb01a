import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

/// What one exchange writes, from what both planes hold.
@Suite struct LinkTests {
    private func cluster(_ change: (inout EdgeCluster) -> Void = { _ in }) -> EdgeCluster {
        var cluster = EdgeCluster(namespace: "site", name: "edge")
        cluster.spec = ["profiles": [["name": "infra", "version": "1.0.0"]]]
        cluster.json["status"] = ["plane": "Site", "epoch": 2]
        change(&cluster)
        return cluster
    }

    private func update(
        _ phase: ClusterUpdate.Phase, _ change: (inout ClusterUpdate) -> Void = { _ in }
    ) -> ClusterUpdate {
        var update = ClusterUpdate(namespace: "site", name: "edge-2")
        update.spec = ["clusterName": "edge", "toRevision": "edge-2"]
        update.phase = phase
        change(&update)
        return update
    }

    private func exchange(centre: [any Resource], site: [any Resource]) -> LinkExchange {
        LinkExchange(centre: Snapshot(centre.map { Unstructured($0) }), site: Snapshot(site.map { Unstructured($0) }))
    }

    /// `create EdgeCluster edge`, in order.
    private func names(_ intents: [Intent]) -> [String] {
        intents.map { intent in
            switch intent {
            case .create(let object): "create \(object.kind) \(object.name)"
            case .update(let object): "update \(object.kind) \(object.name)"
            case .updateStatus(let object): "status \(object.kind) \(object.name)"
            default: "\(intent)"
            }
        }
    }

    @Test("planes that agree write nothing")
    func rests() {
        let both: [any Resource] = [cluster(), update(.pendingApproval)]
        let exchange = exchange(centre: both, site: both)
        #expect(exchange.down.isEmpty && exchange.up.isEmpty)
    }

    @Test("a cluster that the centre still runs is the importer's")
    func leavesThePivotAlone() {
        let centre = cluster { $0.json["status", "plane"] = "Centre" }
        let site = cluster { $0.spec = [:] }
        let exchange = exchange(centre: [centre], site: [site])
        #expect(exchange.down.isEmpty && exchange.up.isEmpty)
    }

    @Test("revisions go before the cluster, and an update waits until the cluster's copy is current")
    func ordersWhatGoesDown() {
        var revision = ClusterRevision(namespace: "site", name: "edge-2")
        revision.spec = ["clusterName": "edge"]
        let news = cluster { $0.json["spec", "variables"] = ["os": "2.0.0"] }
        let first = exchange(centre: [news, revision, update(.pendingApproval)], site: [cluster()])
        #expect(names(first.down) == ["create ClusterRevision edge-2", "update EdgeCluster edge"])
        let second = exchange(centre: [news, revision, update(.pendingApproval)], site: [news, revision])
        #expect(names(second.down) == ["create ClusterUpdate edge-2"])
    }

    @Test("the site reports the cluster before the update that led to what it runs")
    func ordersWhatGoesUp() {
        let runs = cluster { $0.json["status", "currentRevision"] = "edge-2" }
        let exchange = exchange(centre: [cluster(), update(.pendingApproval)], site: [runs, update(.completed)])
        #expect(names(exchange.up) == ["status EdgeCluster edge", "status ClusterUpdate edge-2"])
        #expect(exchange.down.isEmpty)
    }

    @Test("that an update is superseded goes down as a status, and then rests")
    func tellsOfSuperseded() {
        let superseded = update(.superseded)
        let first = exchange(centre: [cluster(), superseded], site: [cluster(), update(.pendingApproval)])
        #expect(names(first.down) == ["status ClusterUpdate edge-2"])
        let second = exchange(centre: [cluster(), superseded], site: [cluster(), superseded])
        #expect(second.down.isEmpty && second.up.isEmpty)
    }

    @Test("an approval goes down with the spec, and the site's progress is not undone by it")
    func tellsOfApproval() {
        let approved = update(.pendingApproval) { $0.json["spec", "approval"] = ["approved": true] }
        let exchange = exchange(centre: [cluster(), approved], site: [cluster(), update(.progressing)])
        #expect(names(exchange.down) == ["update ClusterUpdate edge-2"])
        #expect(names(exchange.up) == ["status ClusterUpdate edge-2"])
        guard case .update(let written) = exchange.down.first else { return }
        #expect(ClusterUpdate(written).phase == .progressing)
    }

    @Test("a report of an older epoch is refused")
    func refusesOldReports() {
        let centre = cluster { $0.json["status", "epoch"] = 3 }
        let site = cluster { $0.json["status", "readyHosts"] = 3 }
        #expect(exchange(centre: [centre], site: [site]).up.isEmpty)
    }

    @Test("user data is created once, and follows the centre's while the cluster asks for it")
    func carriesUserData() {
        func document(_ text: String) -> Secret {
            var secret = Secret(namespace: "site", name: EdgeCluster.userDataDocumentName("edge"))
            secret.json["data"] = ["edge": .string(text)]
            return secret
        }
        let asking = cluster { $0.json["spec", "userDataFrom"] = ["name": "cloud-init"] }
        let first = exchange(centre: [asking, document("b25l")], site: [asking])
        #expect(names(first.down) == ["create Secret edge-user-data"])
        let second = exchange(centre: [asking, document("dHdv")], site: [asking, document("b25l")])
        #expect(names(second.down) == ["update Secret edge-user-data"])
        #expect(exchange(centre: [cluster(), document("dHdv")], site: [cluster()]).down.isEmpty)
    }
}
