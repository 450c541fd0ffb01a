import CorbelAPI
import Foundation

/// One real etcd on a loopback port, in a directory of its own.
final class EtcdProcess: Sendable {
    let endpoint: String
    private let process: Process

    /// Starts etcd over a data directory and returns when it serves clients.
    init(directory: String, port: Int, peerPort: Int, arguments: [String] = [], scheme: String = "http") async throws {
        endpoint = "\(scheme)://127.0.0.1:\(port)"
        let peer = "http://127.0.0.1:\(peerPort)"
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/etcd")
        process.arguments =
            [
                "--data-dir", directory + "/etcd", "--listen-client-urls", endpoint, "--advertise-client-urls", endpoint,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=\(peer)",
                "--heartbeat-interval", "20", "--election-timeout", "200", "--logger", "zap",
            ] + arguments
        process.standardOutput = FileHandle.nullDevice
        let log = Pipe()
        process.standardError = log
        let lines = Self.lines(of: log.fileHandleForReading)
        try process.run()
        try await Self.waitUntilReady(lines)
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
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) | getsockname(descriptor, address, &length)
            }
        }
        guard status == 0 else { throw StatusError(.internalError, "no free port: \(String(cString: strerror(errno)))") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// etcd says in its log when it serves; its end before that ends the lines.
    private static func waitUntilReady(_ lines: AsyncStream<String>) async throws {
        var seen: [String] = []
        for await line in lines {
            if line.contains("serving client traffic") { return }
            seen.append(line)
        }
        throw StatusError(.internalError, "etcd did not start: \(seen.suffix(5).joined(separator: "\n"))")
    }

    /// The lines of the log. They go on being read after nobody listens, so that etcd is never held up by a full pipe.
    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1000))
        handle.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                continuation.finish()
            }
            for line in String(decoding: data, as: UTF8.self).split(separator: "\n") { continuation.yield(String(line)) }
        }
        return stream
    }
}
