import CorbelAPI
import Effects
import EffectsLinux
import KubeClient
import ResourceClient

/// How kubeadm brings a member into etcd: as a learner first, that votes once it has caught up.
struct SimulatedEtcdMembership: Sendable {
    private static let certificates = "/etc/kubernetes/pki/etcd"

    let address: String
    let files: RootedFiles
    let time: any TimeSource

    private let runner = SubprocessRunner(leadsGroups: false)

    init(address: String, files: RootedFiles, time: any TimeSource) {
        self.address = address
        self.files = files
        self.time = time
    }

    private var peerURL: String { "https://\(address):2380" }

    /// Adds this host's member, and answers all members as `--initial-cluster` takes them. A member that an attempt cut
    /// off has left is taken up where it never started, and removed where it did: its data is gone.
    func add(_ name: String, administrator: KubeClient) async throws -> String {
        // A cluster takes no further member until the last one has been heard for a while.
        try await patiently("etcd took no member \(name)") { try await addOnce(name, administrator: administrator) }
    }

    private func addOnce(_ name: String, administrator: KubeClient) async throws -> String {
        let endpoints = try await endpoints(administrator)
        var members = try await members(endpoints)
        if let stale = members.first(where: { $0.peerURLs.contains(peerURL) && !$0.name.isEmpty }) {
            _ = try await etcdctl(["member", "remove", stale.id], endpoints)
            members = try await self.members(endpoints)
        }
        if !members.contains(where: { $0.peerURLs.contains(peerURL) }) {
            _ = try await etcdctl(["member", "add", name, "--learner", "--peer-urls=\(peerURL)"], endpoints)
            members = try await self.members(endpoints)
        }
        return members.flatMap { member in
            member.peerURLs.map { url in "\(url == peerURL ? name : member.name)=\(url)" }
        }.joined(separator: ",")
    }

    /// Makes this host's learner vote, as soon as it has caught up. A learner itself answers no such question.
    func promote(_ name: String, administrator: KubeClient) async throws {
        try await patiently("etcd's member \(name) did not catch up in time") {
            let endpoints = try await endpoints(administrator)
            let members = try await members(endpoints)
            guard let own = members.first(where: { $0.peerURLs.contains(peerURL) }) else {
                throw StatusError(.notFound, "etcd has no member \(name)")
            }
            if own.isLearner { _ = try await etcdctl(["member", "promote", own.id], endpoints) }
        }
    }

    /// Tries until etcd takes it, as kubeadm does.
    private func patiently<Answer>(_ failure: String, _ body: () async throws -> Answer) async throws -> Answer {
        var refusal = ""
        for _ in 0..<240 {
            do {
                return try await body()
            } catch let error as StatusError {
                // Not yet in sync, or not yet up: the next attempt finds out.
                refusal = error.message
            }
            try await time.sleep(for: .seconds(1))
        }
        throw StatusError(.timeout, "\(failure): \(refusal)")
    }

    /// The control-plane hosts' addresses, as kubeadm takes them from the cluster.
    private func endpoints(_ administrator: KubeClient) async throws -> [String] {
        try await administrator.list(Node.self).filter { $0.labels[WellKnown.controlPlaneNode] != nil }
            .compactMap { node in
                node.json["status", "addresses"]?.arrayValue?.first { $0["type"]?.stringValue == "InternalIP" }?[
                    "address"]?.stringValue
            }.filter { $0 != address }
    }

    // MARK: etcdctl

    private struct Member {
        /// In hexadecimal.
        var id: String
        /// Empty for one that has never started.
        var name: String
        var peerURLs: [String]
        var isLearner: Bool

        /// A line of `etcdctl member list`: id, state, name, peer URLs, client URLs, whether it learns. (Its JSON has
        /// ids as numbers that most parsers round.)
        init?(line: Substring) {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
                .map { $0.drop(while: \.isWhitespace) }
            guard fields.count >= 6, let learner = fields.last else { return nil }
            id = String(fields[0])
            name = String(fields[2])
            // Several URLs of one member are joined by commas too.
            peerURLs = fields.dropFirst(3).filter { $0.hasSuffix(":2380") }.map(String.init)
            isLearner = learner == "true"
        }
    }

    private func members(_ hosts: [String]) async throws -> [Member] {
        let text = String(decoding: try await etcdctl(["member", "list"], hosts), as: UTF8.self)
        return text.split(separator: "\n").compactMap(Member.init(line:))
    }

    private func etcdctl(_ words: [String], _ hosts: [String]) async throws -> [UInt8] {
        let directory = files.outside(Self.certificates)
        var environment = Command.plainEnvironment
        environment["ETCDCTL_API"] = "3"
        let arguments = [
            "--endpoints=" + hosts.map { "https://\($0):2379" }.joined(separator: ","),
            "--cacert=\(directory)/ca.crt", "--cert=\(directory)/healthcheck-client.crt",
            "--key=\(directory)/healthcheck-client.key",
        ]
        let result = try await runner.run(
            Command("etcdctl", arguments + words, environment: environment, timeout: .seconds(20)))
        guard result.isSuccess else {
            let tail = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
            throw StatusError(.serviceUnavailable, "etcdctl \(words.joined(separator: " ")): \(tail)")
        }
        return result.output
    }
}
