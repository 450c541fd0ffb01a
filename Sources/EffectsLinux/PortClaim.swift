import Effects
import Glibc
import SystemPackage

/// A TCP port of an IPv4 address of this machine that nobody else can take while the claim is held.
///
/// It is given back with the last reference, and by the kernel when the process ends, however it ends.
public final class PortClaim: Sendable {
    private let descriptor: Int32

    /// - Throws: `busy` where another program has the port, on this address or on all of them.
    public init(address: String, port: UInt16) throws {
        descriptor = try EffectError.mapping("take", "port \(port) of \(address)") {
            let descriptor = try Errno.check { socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0) }
            do {
                try Self.bind(descriptor, address, port)
                return descriptor
            } catch {
                _ = Glibc.close(descriptor)
                throw error as? Errno == .addressInUse ? Errno.resourceBusy : error
            }
        }
    }

    /// Binds as a server does: what a connection that has ended leaves behind for a minute is in nobody's way.
    private static func bind(_ descriptor: Int32, _ text: String, _ port: UInt16) throws {
        var yes: Int32 = 1
        try Errno.check { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, text, &address.sin_addr) == 1 else { throw Errno.invalidArgument }
        try Errno.check {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        // Only who listens keeps others, who reuse addresses too, away.
        try Errno.check { listen(descriptor, 1) }
    }

    deinit { _ = Glibc.close(descriptor) }
}
