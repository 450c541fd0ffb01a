import CorbelAPI
import EffectsLinux
import Foundation

/// One real etcd on a loopback port, in a directory of its own.
final class EtcdProcess: Sendable {
    let endpoint: String
    private let process: Process

    /// Starts etcd over a data directory and returns when it takes clients.
    init(directory: String, port: Int, peerPort: Int, arguments: [String] = [], scheme: String = "http") async throws {
        endpoint = "\(scheme)://127.0.0.1:\(port)"
        let peer = "http://127.0.0.1:\(peerPort)"
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/etcd")
        process.arguments =
            [
                "--data-dir", directory + "/etcd", "--listen-client-urls", endpoint, "--advertise-client-urls",
                endpoint,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster",
                "default=\(peer)",
                "--heartbeat-interval", "20", "--election-timeout", "200", "--logger", "zap",
            ] + arguments
        let log = directory + "/etcd.log"
        guard FileManager.default.createFile(atPath: log, contents: nil), let output = FileHandle(forWritingAtPath: log)
        else { throw StatusError(.internalError, "cannot write \(log)") }
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try await waitUntilListening(port: port, log: log)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Ends the process as a crash would.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// A port of the loopback interface that nobody listens on.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else {
            throw StatusError(.internalError, "no free port: \(String(cString: strerror(errno)))")
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// etcd opens its port for clients when it can serve them, and half a minute is more than it ever takes.
    private func waitUntilListening(port: Int, log: String) async throws {
        let clock = SystemClock()
        for _ in 0..<1500 where process.isRunning {
            if Self.isListening(port) { return }
            try await clock.sleep(for: .milliseconds(20))
        }
        throw StatusError(.internalError, "etcd did not start: \(try String(contentsOfFile: log, encoding: .utf8))")
    }

    private static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        address.sin_port = in_port_t(port).bigEndian
        return address
    }
}
