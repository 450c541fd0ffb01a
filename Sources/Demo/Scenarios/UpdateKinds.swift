import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let updateKinds = Scenario(
        "update-kinds",
        "Six changes, from a pack's value to another Kubernetes: each does what its plan said, and no more."
    ) { run in
        let stage = try await run.openCluster()
        for kind in UpdateKind.all { try await stage.play(kind) }
        try await stage.expectGreenCluster()
        try await stage.expectSoundSite()
        try await stage.writeSiteKubeconfig()
    }
}

/// One change, what its plan has to say, and what it has to do.
private struct UpdateKind: Sendable {
    /// What a change does to a machine, beyond the files on it.
    enum Trace: Sendable {
        case nothing
        /// The services that begin again, once each.
        case restarts([String])
    }

    var name: String
    /// The profile that changes, and the version that the change makes of it.
    var profile: String
    var version: String
    var replacement: TextReplacement
    /// The version of a pack that its vendor publishes before.
    var pack: (name: String, from: String, to: String)?
    var impact: String
    var trace: Trace
    /// Whether nodes are emptied, one after the other.
    var drains = false
    /// What can be seen of the change once it is through.
    var effect: Effect

    /// Where a change shows.
    enum Effect: Sendable {
        /// A field of an object at the site.
        case field(ObjectKey, [String], JSONValue)
        /// A part of a file on every machine.
        case file(String, holds: String)
        /// The version that every node reports.
        case kubeletVersion(String)
        /// The values of a layer of the running revision alone.
        case revision(layer: LayerType, [String], JSONValue)
    }

    static let all = [
        UpdateKind(
            name: "a pack's value", profile: "core-add-ons", version: "1.0.1",
            replacement: TextReplacement(
                in: "nginx-ingress", .values("{{ .corbel.var.ingressReplicas }}", with: "3")),
            impact: "WorkloadRollout", trace: .nothing,
            effect: .field(
                Deployment.key(namespace: "ingress-nginx", name: "ingress-nginx-controller"), ["spec", "replicas"], 3)),
        UpdateKind(
            name: "a pack's version", profile: "core-add-ons", version: "1.0.2",
            replacement: TextReplacement(in: "metallb", .packVersion("0.15.3")),
            pack: ("metallb", "0.15.2", "0.15.3"), impact: "WorkloadRollout", trace: .nothing,
            effect: .field(
                ConfigMap.key(namespace: "metallb-system", name: "metallb-config"), ["data", "logLevel"], "warn")),
        UpdateKind(
            name: "a Kubernetes version", profile: "infrastructure", version: "1.0.1",
            replacement: TextReplacement(in: "k8s", .packVersion("1.34.2")),
            pack: ("edge-k8s", "1.33.6", "1.34.2"), impact: "RollingUpgrade",
            trace: .restarts(["kube-apiserver", "kube-controllers", "kubelet"]), drains: true,
            effect: .kubeletVersion("v1.34.2")),
        UpdateKind(
            name: "a value of cluster.*", profile: "infrastructure", version: "1.0.2",
            replacement: TextReplacement(in: "k8s", .values("{{ .corbel.var.maxPods }}", with: "150")),
            impact: "ServiceRestart", trace: .restarts(["kubelet"]),
            effect: .file("/etc/kubernetes/corbel/kubeadm.json", holds: "\"maxPods\": 150")),
        UpdateKind(
            name: "a value of stages.reconcile", profile: "infrastructure", version: "1.0.3",
            replacement: TextReplacement(in: "os", .values("'{{ .corbel.var.timeServer }}'", with: "time.example.org")),
            impact: "ConfigReload", trace: .nothing,
            effect: .file("/etc/systemd/timesyncd.conf", holds: "NTP=time.example.org")),
        UpdateKind(
            name: "a value that does nothing", profile: "infrastructure", version: "1.0.4",
            replacement: TextReplacement(
                in: "k8s", .values("cluster:", with: "clientConfig:\n  oidc-client-id: shop\ncluster:")),
            impact: "NoOp", trace: .nothing,
            effect: .revision(layer: .k8s, ["clientConfig", "oidc-client-id"], "shop")),
    ]
}

extension Stage {
    fileprivate func play(_ kind: UpdateKind) async throws {
        await say(kind.name)
        let update = try await propose(try await draft(of: kind))
        await check(
            "\(kind.name): the plan says \(kind.impact)", Sighting(update.impact == kind.impact, update.impact))
        let before = try await machineRecords()
        let watch = try await watchingRollout {
            try await approve(update)
            try await expectUpdate(update, "\(kind.name): the update completes", ends: .completed)
        }
        try await expectEffect(of: kind)
        try await expectTrace(of: kind, since: before)
        let away = await watch.mostAway
        await check(
            kind.drains
                ? "\(kind.name): nodes are emptied one after the other" : "\(kind.name): no node is emptied",
            Sighting(away.count == (kind.drains ? 1 : 0), "at once: \(away.joined(separator: ", "))"))
    }

    private func draft(of kind: UpdateKind) async throws -> IntentDraft {
        let name = kind.name.replacing(" ", with: "-").filter { $0.isLetter || $0 == "-" }
        var draft = IntentDraft(name, cluster: try await cluster())
        if let next = kind.pack {
            draft.add(
                try await pack(next.name, next.from, as: next.to, ["logLevel: info": "logLevel: warn"]))
        }
        try draft.revise(try await profile(kind.profile), to: kind.version, replacing: [kind.replacement])
        return draft
    }

    private func expectEffect(of kind: UpdateKind) async throws {
        try await expect("\(kind.name): the change is there") {
            switch kind.effect {
            case .field(let key, let path, let value):
                let json = try await site().get(key).json
                let seen = path.reduce(Optional(json)) { $0?[$1] }
                return Sighting(
                    seen == value, "\(key): \(path.joined(separator: ".")) is \(seen?.encodedText ?? "absent")")
            case .file(let file, let text):
                var without: [String] = []
                for number in allHosts {
                    let bytes = try await files.read("\(layout.hostDirectory(number))/disk\(file)", limit: 1 << 20)
                    let content = String(decoding: bytes, as: UTF8.self)
                    if !content.contains(text) { without.append(layout.hostName(number)) }
                }
                return Sighting(
                    without.isEmpty,
                    without.isEmpty
                        ? "\(file) has \(text)" : "\(file) is without \(text) on \(without.joined(separator: ", "))")
            case .kubeletVersion(let version):
                let versions = try await site().list(Node.self).map { $0.kubeletVersion ?? "none" }
                return Sighting(versions.allSatisfy { $0.hasPrefix(version) }, versions.joined(separator: ", "))
            case .revision(let layer, let path, let value):
                let name = try await cluster().currentRevision ?? ""
                let key = ClusterRevision.key(namespace: clusterKey.namespace, name: name)
                let values = ClusterRevision(try await centre.client.get(key)).layer(layer)?.values
                let seen = path.reduce(values) { $0?[$1] }
                return Sighting(
                    seen == value, "\(name): \(path.joined(separator: ".")) is \(seen?.encodedText ?? "absent")")
            }
        }
    }

    private func expectTrace(of kind: UpdateKind, since before: [Int: MachineRecord]) async throws {
        let after = try await machineRecords()
        let wrong = allHosts.filter { number in
            guard var expected = before[number] else { return true }
            if case .restarts(let services) = kind.trace {
                for service in services { expected.starts[service, default: 0] += 1 }
            }
            return after[number] != expected
        }
        let saw = allHosts.map { "\(layout.hostName($0)): \(after[$0].map(\.description) ?? "nothing")" }
        let what =
            switch kind.trace {
            case .nothing: "nothing restarts"
            case .restarts(let services):
                "\(services.joined(separator: ", ")) begin anew once on every host, and nothing else does"
            }
        await check("\(kind.name): \(what)", Sighting(wrong.isEmpty, saw.joined(separator: "; ")))
    }
}
