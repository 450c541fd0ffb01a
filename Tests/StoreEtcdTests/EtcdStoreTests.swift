import CorbelAPI
import EffectsLinux
import Foundation
import HTTPTransport
import ResourceStore
import StoreEtcd
import Testing

@Suite("EtcdStore", .serialized)
struct EtcdStoreTests {
    @Test("a watch goes on over a crash of etcd, without a gap or a repetition", .timeLimit(.minutes(1)))
    func crash() async throws {
        try await withEtcdPlace { directory, port, peerPort in
            let first = try await EtcdProcess(directory: directory, port: port, peerPort: peerPort)
            try await withStore(EtcdStore.Configuration(endpoints: [first.endpoint])) { store in
                let events = try await store.watch("/corbel/", after: nil).makeAsyncIterator()
                let before = try await put("/corbel/a", to: store)
                #expect(try await events.next() == before)
                first.kill()
                await #expect(throws: StatusError.self) { _ = try await store.get("/corbel/a") }
                let second = try await EtcdProcess(directory: directory, port: port, peerPort: peerPort)
                defer { second.stop() }
                let after = try await put("/corbel/b", to: store)
                #expect(try await events.next() == after)
            }
        }
    }

    @Test("servers over one etcd see each other's writes", .timeLimit(.minutes(1)))
    func sharing() async throws {
        try await withEtcd { etcd in
            let configuration = EtcdStore.Configuration(endpoints: [etcd.endpoint])
            try await withStore(configuration) { one in
                try await withStore(configuration) { two in
                    let events = try await one.watch("/corbel/", after: nil).makeAsyncIterator()
                    let event = try await put("/corbel/a", to: two)
                    #expect(try await events.next() == event)
                    #expect(try await one.list("/").entries.map(\.key) == ["/corbel/a"])
                }
            }
        }
    }

    @Test(
        "compaction waits for the stream, so that no watch loses sight of what it has not seen", .timeLimit(.minutes(1))
    )
    func compactionBeforeStream() async throws {
        try await withEtcd { etcd in
            let configuration = EtcdStore.Configuration(endpoints: [etcd.endpoint])
            let sender = try TLSHTTPSender(TLSHTTPSender.Identity())
            let store = try await EtcdStore.connect(configuration, sender: sender, time: SystemClock())
            let events = try await store.watch("/corbel/", after: nil).makeAsyncIterator()
            let first = try await put("/corbel/a", to: store)
            let second = try await put("/corbel/b", to: store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.compact(second.revision) }
                group.addTask { try await store.run() }
                defer { group.cancelAll() }
                try await group.next()
                #expect(try await events.next() == first)
                #expect(try await events.next() == second)
            }
        }
    }

    @Test("keys outside the root are refused", .timeLimit(.minutes(1)))
    func root() async throws {
        try await withEtcd { etcd in
            try await withStore(EtcdStore.Configuration(endpoints: [etcd.endpoint])) { store in
                for key: StoreKey in ["/other/a", "/corbel", "/corbel/", "/corbel.beacon"] {
                    let error = await #expect(throws: StatusError.self) { _ = try await put(key, to: store) }
                    #expect(error?.reason == .badRequest)
                }
                let count = try await store.count("/")
                #expect(count == 0)
            }
        }
    }

    @Test("an etcd that asks for a client certificate is served with one", .timeLimit(.minutes(1)))
    func clientCertificate() async throws {
        try await withEtcdPlace { directory, port, peerPort in
            let pki = try TestPKI(directory: directory)
            let etcd = try await EtcdProcess(
                directory: directory, port: port, peerPort: peerPort, arguments: pki.etcdArguments, scheme: "https")
            defer { etcd.stop() }
            let configuration = EtcdStore.Configuration(endpoints: [etcd.endpoint])
            try await withStore(configuration, identity: try pki.identity) { store in
                let events = try await store.watch("/corbel/", after: nil).makeAsyncIterator()
                let event = try await put("/corbel/a", to: store)
                #expect(try await events.next() == event)
            }
            let stranger = TLSHTTPSender.Identity(authorities: try pki.identity.authorities)
            await #expect(throws: StatusError.self) { try await withStore(configuration, identity: stranger) { _ in } }
        }
    }

    private func put(_ key: StoreKey, to store: EtcdStore) async throws -> StoreEvent {
        guard case .committed(let revision) = try await store.put(key, [1], expecting: .absent) else {
            throw StatusError(.internalError, "\(key) exists")
        }
        return .put(StoreEntry(key, [1], revision), previous: nil)
    }
}

/// A certificate authority that signed a server on the loopback interface and a client, made by openssl.
private struct TestPKI {
    private let directory: String

    init(directory: String) throws {
        self.directory = directory
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test")
        for name in ["server", "client"] {
            try Data("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n".utf8)
                .write(to: url("\(name).ext"))
            try openssl("req -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            let authority = "-CA ca.pem -CAkey ca.key -CAcreateserial"
            try openssl("x509 -req -in \(name).csr \(authority) -out \(name).pem -days 2 -extfile \(name).ext")
        }
    }

    var identity: TLSHTTPSender.Identity {
        get throws {
            func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }
            return try TLSHTTPSender.Identity(
                authorities: bytes("ca.pem"), certificate: bytes("client.pem"), privateKey: bytes("client.key"))
        }
    }

    var etcdArguments: [String] {
        let files = [("--cert-file", "server.pem"), ("--key-file", "server.key"), ("--trusted-ca-file", "ca.pem")]
        return ["--client-cert-auth"] + files.flatMap { [$0, url($1).path] }
    }

    private func url(_ name: String) -> URL { URL(fileURLWithPath: directory).appendingPathComponent(name) }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StatusError(.internalError, "openssl \(arguments) failed") }
    }
}
