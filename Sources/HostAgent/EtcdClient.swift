import CorbelAPI
import Effects
import HostPlan

/// The host's own member of etcd, through etcdctl, which every control-plane slot has.
struct EtcdClient: Sendable {
    private static let certificates = "/etc/kubernetes/pki/etcd"

    let effects: HostEffects
    /// The host's address within its site.
    let address: String

    struct Member: Sendable, Hashable {
        /// In hexadecimal, as etcdctl takes it.
        var id: String
        var name: String
        var isLearner: Bool
    }

    /// Whether the host holds a member.
    func isMember() async throws -> Bool { try await effects.files.exists("/var/lib/etcd/member") }

    func members() async throws -> [Member] {
        let json = try await call(["member", "list"])
        return (json["members"]?.arrayValue ?? []).compactMap { member in
            guard let id = Self.identifier(member["ID"]) else { return nil }
            return Member(
                id: id, name: member["name"]?.stringValue ?? "", isLearner: member["isLearner"]?.boolValue ?? false)
        }
    }

    /// What the host's own member says of itself and of its cluster.
    func status() async throws -> JSONValue {
        let answers = try await call(["endpoint", "status"])
        return answers.arrayValue?.first?["Status"] ?? .object([:])
    }

    func isHealthy() async throws -> Bool {
        try await effects.commands.run(command(["endpoint", "health"])).isSuccess
    }

    /// What `HostMachine.status.etcd` says of the host's own member.
    func ownMember(_ name: String) async throws -> JSONValue? {
        guard try await isMember(), let member = try await members().first(where: { $0.name == name }) else {
            return nil
        }
        let leader = Self.identifier(try await status()["leader"])
        return [
            "id": .string(member.id), "name": .string(member.name), "learner": .bool(member.isLearner),
            "leader": .bool(leader == member.id), "healthy": .bool(try await isHealthy()),
        ]
    }

    func remove(_ name: String) async throws {
        guard let member = try await members().first(where: { $0.name == name }) else { return }
        _ = try await call(["member", "remove", member.id])
    }

    func moveLeader(to name: String?, from own: String) async throws {
        let candidates = try await members().filter {
            !$0.isLearner && $0.name != own && (name == nil || $0.name == name)
        }
        guard let target = candidates.first else {
            throw HostFailure(.unavailable, "no other member of etcd can take the leadership")
        }
        _ = try await call(["move-leader", target.id])
    }

    /// Saves etcd to a file, and answers its revision, length and digest as etcdctl reports them.
    func snapshot(to path: String) async throws -> JSONValue {
        _ = try await call(["snapshot", "save", path])
        var result = try await call(["snapshot", "status", path])
        result["path"] = .string(path)
        return result
    }

    private static func identifier(_ value: JSONValue?) -> String? {
        switch value {
        case .integer(let number): String(UInt64(bitPattern: number), radix: 16)
        case .double(let number): UInt64(exactly: number).map { String($0, radix: 16) }
        default: nil
        }
    }

    private func command(_ words: [String]) -> Command {
        let identity = [
            "--endpoints=https://\(address):2379", "--cacert=\(Self.certificates)/ca.crt",
            "--cert=\(Self.certificates)/healthcheck-client.crt", "--key=\(Self.certificates)/healthcheck-client.key",
            "--write-out=json",
        ]
        var environment = Command.plainEnvironment
        environment["ETCDCTL_API"] = "3"
        return Command("etcdctl", identity + words, environment: environment, timeout: .seconds(30))
    }

    private func call(_ words: [String]) async throws -> JSONValue {
        let result = try await effects.commands.run(command(words))
        guard result.isSuccess else {
            let tail = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
            throw HostFailure(.unavailable, "etcdctl \(words.joined(separator: " ")): \(tail)")
        }
        // Commands such as `snapshot save` say what they did in words.
        return (try? JSONValue(parsing: result.output)) ?? .object([:])
    }
}
