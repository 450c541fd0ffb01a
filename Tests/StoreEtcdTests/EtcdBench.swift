import CorbelAPI
import EffectsLinux
import Foundation
import HTTPTransport
import ResourceStore
import StoreEtcd
import Testing

/// Runs `body` with the place for an etcd: a directory and two free ports.
func withEtcdPlace(_ body: (_ directory: String, _ port: Int, _ peerPort: Int) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("corbel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
    try await body(directory.path, EtcdProcess.freePort(), EtcdProcess.freePort())
}

/// Runs `body` with an etcd that is stopped afterwards.
func withEtcd(_ body: (EtcdProcess) async throws -> Void) async throws {
    try await withEtcdPlace { directory, port, peerPort in
        let etcd = try await EtcdProcess(directory: directory, port: port, peerPort: peerPort)
        defer { etcd.stop() }
        try await body(etcd)
    }
}

/// Runs `body` with a store whose stream is kept meanwhile.
func withStore(
    _ configuration: EtcdStore.Configuration, identity: TLSHTTPSender.Identity = TLSHTTPSender.Identity(),
    _ body: (EtcdStore) async throws -> Void
) async throws {
    let store = try await EtcdStore.connect(configuration, sender: TLSHTTPSender(identity), time: SystemClock())
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await store.run() }
        defer { group.cancelAll() }
        try await body(store)
    }
}
