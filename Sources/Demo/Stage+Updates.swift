import CorbelAPI
import Effects
import EffectsLinux
import PKI
import ResourceClient
import Revisions
import SimulatedHost

// Changes of the cluster, as an administrator makes them: with the command line.
extension Stage {
    /// Runs `corbel` against the centre, and answers what it printed as JSON.
    ///
    /// - Parameter codes: the exit codes that are no failure.
    @discardableResult
    func corbel(
        _ arguments: [String], codes: Set<Int32> = [0], timeout: Duration = .seconds(120)
    ) async throws -> JSONValue {
        let command = Command(
            layout.settings.corbelPath,
            arguments + ["--kubeconfig", layout.centreKubeconfigPath, "--output", "json"],
            outputLimit: 8 << 20, timeout: timeout)
        let result = try await SubprocessRunner().run(command)
        guard case .exited(let code) = result.termination, codes.contains(code) else {
            let words = String(decoding: result.errorOutput.suffix(1000), as: UTF8.self)
            throw StatusError(
                .internalError, "corbel \(arguments.joined(separator: " ")) ended with \(result.termination): \(words)")
        }
        return try JSONValue(parsing: result.output)
    }

    /// The present state of a profile of the cluster, as the centre holds it.
    func profile(_ name: String) async throws -> ClusterProfile {
        let cluster = try await cluster()
        let reference = cluster.spec["profiles"]?.arrayValue?.first { $0["name"]?.stringValue == name }
        let version = reference?["version"]?.stringValue ?? ""
        let profiles = try await centre.client.list(ClusterProfile.self)
        guard let profile = profiles.first(where: { $0.profileName == name && $0.version == version }) else {
            throw StatusError(.notFound, "the cluster's profile \(name) \(version) is not there")
        }
        return profile
    }

    /// A new version of a pack of the examples, as its vendor publishes it.
    func pack(
        _ name: String, _ version: String, as next: String, _ replacements: [String: String] = [:]
    ) async throws
        -> JSONValue
    {
        let pack = try await centre.client.get(Pack.key(namespace: clusterKey.namespace, name: "\(name)-\(version)"))
        var json = pack.json.asWritten(named: "\(name)-\(next)")
        json["spec", "version"] = .string(next)
        var values = json["spec", "values"]?.stringValue ?? ""
        for (old, new) in replacements.sorted(by: { $0.key < $1.key }) { values.replace(old, with: new) }
        json["spec", "values"] = .string(values)
        return json
    }

    /// A draft that brings an image of the operating system to every host: published, packed, and in a profile.
    func operatingSystemDraft(_ image: SimulatedImage, profileVersion: String) async throws -> IntentDraft {
        let present = DemoLayout.factoryImage
        let digest = try await publish(image)
        var draft = IntentDraft("os-\(image.version)", cluster: try await cluster())
        let presentDigest = "sha256:\(SHA256Digest.hexadecimal(of: present.json.encoded))"
        draft.add(
            try await pack(
                Self.osPack, present.version, as: image.version,
                ["customTag: \"\(present.version)\"": "customTag: \"\(image.version)\"", presentDigest: digest]))
        try draft.revise(
            try await profile("infrastructure"), to: profileVersion,
            replacing: [TextReplacement(in: "os", .packVersion(image.version))])
        return draft
    }

    /// Leaves the next operating system where people find it, for them to plan and to apply.
    func writeNextSystem() async throws {
        let draft = try await operatingSystemDraft(DemoLayout.nextImage, profileVersion: "1.1.0")
        try await files.writeDurably(layout.nextSystemPath, Array(draft.text.utf8), mode: 0o600)
    }

    private static let osPack = "edge-native-byoi"

    /// Asks what a draft would do, applies it, and waits until the centre has made an update of it that waits for
    /// approval.
    func propose(_ draft: IntentDraft) async throws -> ProposedUpdate {
        let path = "\(layout.directory)/intents/\(draft.name).yaml"
        try await files.makeDirectory(layout.directory + "/intents", mode: 0o700)
        try await files.writeDurably(path, Array(draft.text.utf8), mode: 0o600)
        let report = try await corbel(["plan", DemoLayout.clusterName, "--filename", path], codes: [2])
        guard let plan = report["clusters"]?.arrayValue?.first else {
            throw StatusError(.internalError, "corbel plan says nothing about \(DemoLayout.clusterName)")
        }
        let before = try await cluster().json["status", "latestRevision"]?.stringValue
        try await corbel(["apply", "--filename", path, "--no-wait"])
        let isProposed = { @Sendable (update: ClusterUpdate) in
            update.phase == .pendingApproval && update.fromRevision == before
        }
        try await require("\(draft.name): the centre makes an update of the change") {
            let made = try await updates()
            return Sighting(
                made.contains(where: isProposed), made.map { "\($0.name) \($0.phase.rawValue)" }.joined(separator: ", ")
            )
        }
        guard let update = try await updates().first(where: isProposed) else { throw ScenarioEnd() }
        await say("\(update.name) waits for approval: \(update.plannedImpact.rawValue)")
        await check(
            "\(draft.name): the update that was made is the one that the plan showed",
            Self.comparison(of: plan, with: update))
        return ProposedUpdate(name: update.name, plan: plan)
    }

    private static func comparison(of plan: JSONValue, with update: ClusterUpdate) -> Sighting {
        let differences = ["impact", "hosts", "layers"].filter { plan[$0] != update.plan[$0] }.map { part in
            "\(part) planned: \(plan[part]?.encodedText ?? "none"), made: \(update.plan[part]?.encodedText ?? "none")"
        }
        let hosts = update.plannedHosts.map(\.host.name).joined(separator: ", ")
        return Sighting(
            differences.isEmpty,
            differences.isEmpty
                ? "\(update.plannedImpact.rawValue); hosts in order: \(hosts)" : differences.joined(separator: "; "))
    }

    /// The machines in the order in which an update takes them: etcd's leader last.
    func rolloutOrder() async throws -> [Int] {
        try await require("the centre knows who leads etcd") {
            let leader = try await cluster().etcdLeader
            return Sighting(leader != nil, leader ?? "nobody")
        }
        let leader = try await cluster().etcdLeader
        return allHosts.filter { layout.hostName($0) != leader } + allHosts.filter { layout.hostName($0) == leader }
    }

    func updates() async throws -> [ClusterUpdate] {
        try await centre.client.list(ClusterUpdate.self).filter { $0.clusterName == DemoLayout.clusterName }
    }

    func update(_ proposed: ProposedUpdate) async throws -> ClusterUpdate {
        let key = ClusterUpdate.key(namespace: clusterKey.namespace, name: proposed.name)
        return ClusterUpdate(try await centre.client.get(key))
    }

    func approve(_ proposed: ProposedUpdate, downtime: Bool = false) async throws {
        try await corbel(["approve", proposed.name, "--no-wait"] + (downtime ? ["--downtime"] : []))
        await say("\(proposed.name) is approved")
    }

    /// Waits until an update has come to an end, or halts.
    func expectUpdate(
        _ proposed: ProposedUpdate, _ what: String, ends phase: ClusterUpdate.Phase,
        within limit: Duration = .seconds(240)
    ) async throws {
        try await require(what, within: limit) {
            let update = try await update(proposed)
            let waits = (update.json["status", "waits"]?.arrayValue ?? []).compactMap { $0["message"]?.stringValue }
                .joined(separator: "; ")
            return Sighting(
                update.phase == phase, waits.isEmpty ? update.phase.rawValue : "\(update.phase.rawValue): \(waits)")
        }
    }
}

extension Stage {
    /// The hosts run an image, asked of the machines' disks, of the nodes and of the centre.
    func expectOperatingSystem(_ image: SimulatedImage) async throws {
        try await expect("every node runs operating system \(image.version)") {
            let nodes = try await site().list(Node.self)
            let images = nodes.map { $0.json["status", "nodeInfo", "osImage"]?.stringValue ?? "none" }
            return Sighting(images.allSatisfy { $0.hasSuffix(" \(image.version)") }, images.joined(separator: ", "))
        }
        try await expect("the centre says so of every host") {
            let versions = try await centre.client.list(EdgeHost.self).map {
                $0.json["status", "os", "version"]?.stringValue ?? "none"
            }
            return Sighting(versions.allSatisfy { $0 == image.version }, versions.joined(separator: ", "))
        }
    }
}

extension Stage {
    /// The images that hosts have marked as failed, by the hosts' names.
    func failedImages() async throws -> [String: [String]] {
        var marks: [String: [String]] = [:]
        for machine in try await site().list(HostMachine.self) where !machine.failedImages.isEmpty {
            marks[machine.hostName] = machine.failedImages
        }
        return marks
    }
}

/// An update that waits for approval, and what `corbel plan` said of it before it was applied.
struct ProposedUpdate: Sendable {
    var name: String
    /// `ClusterUpdate.spec.plan`, as the command line printed it.
    var plan: JSONValue

    var impact: String { plan["impact"]?.stringValue ?? "" }
    /// The hosts that it touches, in their order.
    var hosts: [String] { (plan["hosts"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue } }
}
