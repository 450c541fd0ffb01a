import CorbelAPI
import Effects
import HostPlan

/// The host's own member of etcd, through its JSON gateway (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/); a
/// snapshot is taken by etcdctl, which every control-plane slot has.
struct EtcdClient: Sendable {
    private static let certificates = "/etc/kubernetes/pki/etcd"
    private static let timeout = Duration.seconds(5)

    let effects: HostEffects
    /// The host's address within its site.
    let address: String

    struct Member: Sendable, Hashable {
        /// A number, as the gateway writes it.
        var id: String
        var name: String
        var isLearner: Bool
        /// The host at which it serves its clients; empty where it has told none.
        var host: String

        /// As etcd's own tools show it.
        var hexadecimalID: String { UInt64(id).map { String($0, radix: 16) } ?? id }
    }

    /// What the member says at one moment.
    struct Report: Sendable, Hashable {
        /// All members, as the cluster has agreed on them.
        var members: [Member]
        /// The leader's id; `nil` while there is none.
        var leader: String?
    }

    /// Whether the host holds a member.
    func isMember() async throws -> Bool { try await effects.files.exists("/var/lib/etcd/member") }

    func members() async throws -> [Member] {
        let json = try await call("cluster/member/list")
        return (json["members"]?.arrayValue ?? []).compactMap { member in
            guard let id = member["ID"]?.stringValue else { return nil }
            return Member(
                id: id, name: member["name"]?.stringValue ?? "", isLearner: member["isLearner"]?.boolValue ?? false,
                host: Self.host(of: member["clientURLs"]?.arrayValue?.first?.stringValue ?? ""))
        }
    }

    /// The host of a URL such as `https://192.0.2.1:2379`.
    private static func host(of url: String) -> String {
        guard let authority = url.split(separator: "/").last, let port = authority.lastIndex(of: ":") else { return "" }
        return String(authority[..<port])
    }

    /// What there is to see of a host that wants to go down with its member.
    func departure(of name: String) async throws -> EtcdDeparture {
        let uptime = effects.time.uptime
        guard try await isHealthy() else { return EtcdDeparture(isWell: false, uptime: uptime) }
        let voters = try await members().filter { !$0.isLearner }
        guard voters.contains(where: { $0.name == name }) else { return EtcdDeparture(isWell: true, uptime: uptime) }
        let healthy = await withTaskGroup(of: Bool.self) { group in
            for other in voters where other.name != name {
                let client = EtcdClient(effects: effects, address: other.host)
                group.addTask { (try? await client.isHealthy()) ?? false }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        return EtcdDeparture(isWell: true, uptime: uptime, voters: voters.count, healthyOthers: healthy)
    }

    func report() async throws -> Report {
        let leader = try await call("maintenance/status")["leader"]?.stringValue
        return Report(members: try await members(), leader: leader == "0" ? nil : leader)
    }

    /// Whether the member answers a read that its cluster has agreed on, as `etcdctl endpoint health` asks.
    func isHealthy() async throws -> Bool {
        do {
            _ = try await call("kv/range", ["key": .string(Base64.encode(Array("health".utf8)))])
            return true
        } catch is HostFailure {
            return false
        }
    }

    /// Removes a member. One that is no member any more has been removed before.
    ///
    /// - Parameter id: in hexadecimal. A name would also be that of the host's next member.
    func remove(_ id: String) async throws {
        guard let member = try await members().first(where: { $0.hexadecimalID == id }) else { return }
        _ = try await call("cluster/member/remove", ["ID": .string(member.id)])
    }

    /// Hands the leadership to another member, or to the one that is named. A member that does not lead has nothing to
    /// hand over.
    func moveLeader(to name: String?, from own: String) async throws {
        let report = try await report()
        guard report.members.contains(where: { $0.name == own && $0.id == report.leader }) else { return }
        let candidates = report.members.filter {
            !$0.isLearner && $0.name != own && (name == nil || $0.name == name)
        }
        guard let target = candidates.first else {
            throw HostFailure(.unavailable, "no other member of etcd can take the leadership")
        }
        _ = try await call("maintenance/transfer-leadership", ["targetID": .string(target.id)])
    }

    // MARK: The gateway

    private func call(_ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        func pem(_ name: String) async throws -> [UInt8] {
            try await effects.files.read("\(Self.certificates)/\(name)", limit: 64 << 10)
        }
        let sender = try effects.sender(
            SenderIdentity(
                authorities: try await pem("ca.crt"), certificate: try await pem("healthcheck-client.crt"),
                privateKey: try await pem("healthcheck-client.key")))
        let call = HTTPCall("POST", "https://\(address):2379/v3/\(path)", body: body.encoded, timeout: Self.timeout)
        do {
            let reply = try await sender.send(call, limit: 1 << 20)
            let json = try JSONValue(parsing: reply.body)
            guard reply.status == 200 else {
                let reason = json["message"]?.stringValue ?? json["error"]?.stringValue ?? "status \(reply.status)"
                throw HostFailure(.unavailable, "etcd: \(path): \(reason)")
            }
            return json
        } catch let error as StatusError {
            throw HostFailure(.unavailable, "etcd: \(path): \(error.message)")
        }
    }

    // MARK: Snapshots

    /// Saves etcd to a file, and answers its revision, length and digest as etcdctl reports them.
    func snapshot(to path: String) async throws -> JSONValue {
        _ = try await etcdctl(["snapshot", "save", path])
        var result = try JSONValue(parsing: try await etcdctl(["snapshot", "status", path]))
        result["path"] = .string(path)
        return result
    }

    private func etcdctl(_ words: [String]) async throws -> [UInt8] {
        let identity = [
            "--endpoints=https://\(address):2379", "--cacert=\(Self.certificates)/ca.crt",
            "--cert=\(Self.certificates)/healthcheck-client.crt", "--key=\(Self.certificates)/healthcheck-client.key",
            "--write-out=json",
        ]
        var environment = Command.plainEnvironment
        environment["ETCDCTL_API"] = "3"
        let result = try await effects.commands.run(
            Command("etcdctl", identity + words, environment: environment, timeout: .seconds(60)))
        guard result.isSuccess else {
            let tail = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
            throw HostFailure(.unavailable, "etcdctl \(words.joined(separator: " ")): \(tail)")
        }
        return result.output
    }
}

extension EtcdClient.Report {
    /// What `HostMachine.status.etcd` says of the member of a host.
    func member(_ name: String, isHealthy: Bool) -> JSONValue? {
        guard let member = members.first(where: { $0.name == name }) else { return nil }
        return [
            "id": .string(member.hexadecimalID), "name": .string(member.name), "learner": .bool(member.isLearner),
            "leader": .bool(leader == member.id), "healthy": .bool(isHealthy),
        ]
    }
}
