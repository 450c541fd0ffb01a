/// A host and a TCP port, written `host:port` or, for an IPv6 address, `[address]:port`.
public struct SocketEndpoint: Sendable, Hashable {
    /// An IP address or a name, without brackets.
    public var host: String
    /// 0 to 65535; a listener takes 0 for any free port.
    public var port: Int

    /// - Precondition: the host is not empty, and the port is from 0 to 65535.
    public init(host: String, port: Int) {
        precondition(!host.isEmpty && (0...65535).contains(port), "an endpoint is a host and a port up to 65535")
        self.host = host
        self.port = port
    }

    /// - Throws: `invalid`, quoting the text and saying what is expected.
    public init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]),
            let host = Self.host(text[..<colon])
        else {
            throw EffectError(
                .invalid, "\"\(text)\" is no host and port, such as 192.0.2.7:6443, host-1:6443 or [2001:db8::7]:6443")
        }
        self.init(host: host, port: port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 <= 65535 ? $0 : nil }
    }

    private static func host(_ text: Substring) -> String? {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
        let host = isBracketed ? text.dropFirst().dropLast() : text
        let isPlain = !host.isEmpty && !host.contains { $0.isWhitespace || $0 == "[" || $0 == "]" || $0 == "/" }
        // Only an IPv6 address holds colons, and without brackets nobody knows where it ends.
        return isPlain && host.contains(":") == isBracketed ? String(host) : nil
    }
}

extension SocketEndpoint: CustomStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
