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

    @Test("a host that wants to go asks its own member, and then all others where they serve")
    func departs() async throws {
        let list = (1...3).map { number -> JSONValue in
            [
                "ID": .string(String(number)), "name": .string("host-\(number)"),
                "clientURLs": [.string("https://192.0.2.1\(number):2379")],
            ]
        }
        let host = try TestHost(files: TestHost.controlPlaneFiles) { call in
            if call.url.hasPrefix("https://192.0.2.13:") { throw StatusError(.serviceUnavailable, "nobody answers") }
            return HTTPReply(call.url.hasSuffix("member/list") ? ["members": .array(list)] : [:])
        }
        let client = EtcdClient(effects: host.effects, address: TestHost.address)
        let uptime = host.time.uptime
        let departure = try await client.departure(of: TestHost.name)
        #expect(departure == EtcdDeparture(isWell: true, uptime: uptime, voters: 3, healthyOthers: 1))
        let stranger = try await client.departure(of: "stranger")
        #expect(stranger == EtcdDeparture(isWell: true, uptime: uptime), "who does not vote takes nothing away")
    }

    @Test("a member that does not answer is not well, and nobody else is asked")
    func isSilent() async throws {
        let host = try TestHost(files: TestHost.controlPlaneFiles) { _ in
            throw StatusError(.serviceUnavailable, "nobody answers")
        }
        let departure = try await EtcdClient(effects: host.effects, address: TestHost.address)
            .departure(of: TestHost.name)
        #expect(departure == EtcdDeparture(isWell: false, uptime: host.time.uptime))
        #expect(host.sender.calls.count == 1)
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
