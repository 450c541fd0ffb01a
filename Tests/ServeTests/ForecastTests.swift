import APIMachinery
import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import Revisions
import ScriptedEffects
import Testing

/// By the real program, which rehearses in a process of its own.
@Suite("corbel serve, updates that await approval", .timeLimit(.minutes(4)))
struct ForecastTests {
    private static func revision(of cluster: String, _ sequence: Int, kubernetes: String) -> ClusterRevision {
        let digest = "sha256:" + String(repeating: "0", count: 64)
        var layer = RevisionLayer(profile: "infra", name: "k8s", type: .k8s)
        (layer.pack, layer.packVersion, layer.values) = ("edge-k8s", kubernetes, [:])
        let resolved = ResolvedRevision(spec: [
            "clusterName": .string(cluster), "distribution": "kubeadm", "kubernetesVersion": .string(kubernetes),
            "os": ["pack": "edge-os", "version": "5.0.0", "image": .string("registry/os:5.0.0@\(digest)")],
            "layers": [layer.json],
        ])
        return ClusterRevision(resolved: resolved, namespace: "default", epoch: 1, sequence: sequence)
    }

    private func create(_ name: String, workers: Int = 0, _ client: KubeClient) async throws {
        let (from, to) = (
            Self.revision(of: name, 1, kubernetes: "1.33.6"), Self.revision(of: name, 2, kubernetes: "1.33.7")
        )
        for revision in [from, to] { _ = try await client.create(revision, by: "test") }
        let masters = ["m1", "m2", "m3"].map { RolloutHost(name: $0, pool: "masters", role: .controlPlane) }
        let tills = (0..<workers).map { RolloutHost(name: "t\($0)", pool: "tills", role: .worker) }
        var cluster = EdgeCluster(namespace: "default", name: name)
        cluster.json["spec"] = [
            "profiles": [["name": "infra", "version": "1.0.0"]],
            "pools": [
                ["name": "masters", "role": "control-plane", "hosts": JSONValue(masters.map(\.name))],
                ["name": "tills", "role": "worker", "hosts": JSONValue(tills.map(\.name))],
            ],
        ]
        _ = try await client.create(cluster, by: "test")
        var update = ClusterUpdate(namespace: "default", name: to.name)
        update.clusterName = name
        (update.fromRevision, update.toRevision) = (from.name, to.name)
        update.plan = UpdatePlan(from: from, to: to, hosts: masters + tills, pools: ["masters", "tills"]).json
        _ = try await client.create(update, by: "test")
    }

    /// The child of a server that rehearses, once it takes only what others leave.
    private func rehearsal(of server: ServeProcess) async throws -> Int32? {
        for process in try await Corbel.processes(naming: Corbel.path, "rehearse") {
            // A process may end while it is looked at.
            guard let bytes = try? await LinuxFiles().read("/proc/\(process)/stat", limit: 1 << 12) else { continue }
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
            if fields.count > 18, fields[3] == "\(server.pid)", fields[18] == "19" { return process }
        }
        return nil
    }

    @Test("get their forecast; the rehearsal ends with the server, and is made anew by the next")
    func forecasts() async throws {
        try await ScratchDirectory.with { directory in
            let killed = try await ServeProcess.run(in: directory + "/data") { server in
                let client = try await server.client()
                // One that would take longer than anybody waits for its end.
                try await create("large", workers: 57, client)
                let child = try await eventually("a rehearsal") { try await rehearsal(of: server) }
                server.send(SIGKILL)
                _ = try await eventually("the rehearsal ends") { kill(child, 0) == 0 ? nil : true }
            }
            #expect(killed.termination == .signalled(SIGKILL))
            let ended = try await ServeProcess.run(in: directory + "/data") { server in
                let client = try await server.client()
                _ = try await eventually("the large one is made anew") { try await rehearsal(of: server) }
                for update in try await client.list(ClusterUpdate.self, namespace: "default") {
                    let aborted: JSONValue = ["spec": ["aborted": true]]
                    let options = WriteOptions(fieldManager: "test")
                    _ = try await client.patch(update.key, .merge, aborted, subresource: nil, options)
                }
                try await create("shop", client)
                let forecast = try await eventually("a forecast") {
                    try await client.list(ClusterUpdate.self, namespace: "default")
                        .first { $0.clusterName == "shop" }?.forecast
                }
                #expect(forecast["safe"] == true && forecast["ending"] == "Completes", "\(forecast)")
                #expect(forecast["hosts"]?.arrayValue?.count == 3)
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
        }
    }
}
