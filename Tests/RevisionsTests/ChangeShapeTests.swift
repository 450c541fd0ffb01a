import CorbelAPI
import Revisions
import Testing

@Suite("Clusters that are alike")
struct ChangeShapeTests {
    /// A cluster of three, whose names begin with a word, and a change of its operating system.
    private func change(
        _ word: String, os: String = "2.2.0", address: String = "10.0.0.1", workers: Bool = false,
        alter: (inout EdgeCluster) -> Void = { _ in }
    ) -> ProposedChange {
        var cluster = EdgeCluster(namespace: word, name: "\(word)-site")
        let controlPlane = ["\(word)-9", "\(word)-10", "\(word)-a"]
        cluster.json["spec", "pools"] = [
            ["name": "masters", "role": "control-plane", "hosts": JSONValue(controlPlane)]
        ]
        cluster.json["spec", "variables"] = ["word": .string(word)]
        alter(&cluster)
        func revision(_ number: Int, os: String) -> ClusterRevision {
            var revision = RevisionFixture().with { fixture in
                fixture["os"].packVersion = os
                fixture["metallb"].values = ["pool": .string(address), "count": JSONValue(number)]
                fixture["metallb"].manifests = [
                    Unstructured(json: [
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": ["namespace": "metallb", "name": .string(word)],
                    ])
                ]
            }.revision
            revision.name = "\(word)-site-1-\(number)-abc"
            revision.clusterName = cluster.name
            return revision
        }
        let (from, to) = (revision(1, os: "2.1.0"), revision(2, os: os))
        let hosts = cluster.pools.flatMap { pool in
            pool.hosts.map { RolloutHost(name: $0, pool: pool.name, role: pool.role) }
        }
        let plan = UpdatePlan(from: from, to: to, hosts: hosts, pools: ["masters"])
        return ProposedChange(cluster: cluster, from: from, to: to, plan: plan)
    }

    @Test("have one shape, whatever their names, their variables and what else is the same before and after")
    func alike() {
        let shape = ChangeShape(of: change("berlin"))
        #expect(shape.digest == ChangeShape(of: change("rome", address: "10.9.9.9")).digest)
        let text = shape.change.json.encodedText
        #expect(!text.contains("berlin") && !text.contains("10.0.0.1") && text.contains("stand-in-host"))
        #expect(ChangeShape(of: shape.change).digest == shape.digest, "a shape is its own")
    }

    @Test("are not those that differ in what a rehearsal makes something of")
    func different() {
        let digest = ChangeShape(of: change("berlin")).digest
        #expect(digest != ChangeShape(of: change("berlin", os: "2.3.0")).digest)
        let timeout = change("berlin") { $0.json["spec", "update"] = ["drainTimeout": "1m"] }
        #expect(digest != ChangeShape(of: timeout).digest)
        var slow = change("berlin")
        slow.durations = StepDurations(json: [["step": "Write", "atLeastSeconds": 1, "atMostSeconds": 2]])
        #expect(digest != ChangeShape(of: slow).digest)
        let one = change("berlin") {
            $0.json["spec", "pools"] = [["name": "masters", "role": "control-plane", "hosts": ["berlin-9"]]]
        }
        #expect(digest != ChangeShape(of: one).digest)
    }

    @Test("keep the impact of the change, and the order of their hosts")
    func faithful() throws {
        let whole = change("berlin")
        let shape = ChangeShape(of: whole).change
        #expect(shape.plan.impact == whole.plan.impact && shape.plan.impact == .repave)
        #expect(shape.plan.hosts.map(\.impact) == whole.plan.hosts.map(\.impact))
        let sorted = { (change: ProposedChange) in
            let names = change.cluster.pools.flatMap(\.hosts)
            return names.map { name in names.sorted().firstIndex(of: name) }
        }
        #expect(sorted(shape) == sorted(whole))
    }

    @Test("what is said of the shape is said of the cluster")
    func resolves() {
        let shape = ChangeShape(of: change("berlin"))
        let pools = shape.change.cluster.pools
        let said =
            "\(shape.change.cluster.name)-\(pools[0].hosts[1]) waits for \(pools[0].hosts[0]): \(shape.change.to.name)"
        let resolved = "berlin-site-berlin-10 waits for berlin-9: berlin-site-1-2-abc"
        #expect(shape.names.resolving(said) == resolved)
        #expect(shape.names.resolving(["why": [.string(said), 7]]) == ["why": [.string(resolved), 7]])
    }
}
