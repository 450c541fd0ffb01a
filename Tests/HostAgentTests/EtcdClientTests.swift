import CorbelAPI
import Effects
import HostPlan
import ScriptedEffects
import Testing

@testable import HostAgent

@Suite("The client of etcd")
struct EtcdClientTests {
    /// The second member has the number that etcd's own tools show as `8e9e05c52164694d`.
    private static let members: JSONValue = [
        "members": [["ID": "26", "name": "host-1"], ["ID": "10276657743932975437", "name": "host-2"]]
    ]

    @Test(
        "a member is removed by its id in hexadecimal, and one that is not there has been removed before",
        arguments: [
            ("8e9e05c52164694d", ["10276657743932975437"]), ("1a", ["26"]), ("26", []), ("host-2", []), ("", []),
        ])
    func removes(id: String, expected: [String]) async throws {
        let host = try TestHost(files: TestHost.controlPlaneFiles) { call in
            HTTPReply(call.url.hasSuffix("member/list") ? Self.members : [:])
        }
        try await EtcdClient(effects: host.effects, address: TestHost.address).remove(id)
        let removals = host.sender.calls.filter { $0.url == "https://192.0.2.11:2379/v3/cluster/member/remove" }
        let ids = try removals.map { try JSONValue(parsing: $0.body)["ID"]?.stringValue ?? "" }
        #expect(ids == expected)
    }

    struct Leaving: Sendable {
        var members: Int
        var silent: Set<Int> = []
        var mayGo: Bool
    }

    @Test(
        "a host may go where etcd keeps its quorum without it, or has none to lose",
        arguments: [
            Leaving(members: 3, mayGo: true), Leaving(members: 3, silent: [2], mayGo: false),
            Leaving(members: 3, silent: [2, 3], mayGo: true), Leaving(members: 3, silent: [1], mayGo: true),
            Leaving(members: 1, mayGo: true), Leaving(members: 2, mayGo: false),
            Leaving(members: 5, silent: [4, 5], mayGo: false), Leaving(members: 5, silent: [5], mayGo: true),
        ])
    func leaves(_ row: Leaving) async throws {
        let list = (1...row.members).map { number -> JSONValue in
            [
                "ID": .string(String(number)), "name": .string("host-\(number)"),
                "clientURLs": [.string("https://192.0.2.1\(number):2379")],
            ]
        }
        let hasQuorum = row.silent.count < row.members / 2 + 1
        let host = try TestHost(files: TestHost.controlPlaneFiles) { call in
            let isSilent = row.silent.contains { call.url.hasPrefix("https://192.0.2.1\($0):") }
            if isSilent || !hasQuorum { throw StatusError(.serviceUnavailable, "nobody answers") }
            return HTTPReply(call.url.hasSuffix("member/list") ? ["members": .array(list)] : [:])
        }
        let client = EtcdClient(effects: host.effects, address: TestHost.address)
        do {
            try await client.confirmQuorum(without: TestHost.name)
            #expect(row.mayGo)
        } catch let failure as HostFailure {
            #expect(!row.mayGo && failure.kind == .unavailable, "\(failure)")
        }
    }

    @Test("what etcd refuses is told as it says it")
    func refused() async throws {
        let host = try TestHost(files: TestHost.controlPlaneFiles) { call in
            if call.url.hasSuffix("member/list") { return HTTPReply(Self.members) }
            return HTTPReply(["message": "etcdserver: unhealthy cluster"], status: 503)
        }
        let failure = await #expect(throws: HostFailure.self) {
            try await EtcdClient(effects: host.effects, address: TestHost.address).remove("1a")
        }
        #expect(failure?.message == "etcd: cluster/member/remove: etcdserver: unhealthy cluster")
    }
}
