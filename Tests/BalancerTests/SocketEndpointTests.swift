import Effects
import Testing

@Suite("Hosts and ports as text")
struct SocketEndpointTests {
    @Test(
        "a host and a port are read, and written as they were",
        arguments: [
            ("192.0.2.7:6443", "192.0.2.7", 6443), ("host-1.example:0", "host-1.example", 0),
            ("[2001:db8::7]:65535", "2001:db8::7", 65535), ("[::1]:80", "::1", 80),
        ])
    func reads(text: String, host: String, port: Int) throws {
        let endpoint = try SocketEndpoint(text)
        #expect(endpoint == SocketEndpoint(host: host, port: port))
        #expect(endpoint.description == text)
    }

    @Test(
        "anything else is refused, quoted as it was",
        arguments: [
            "", ":", "host", "host:", ":80", "host:65536", "host:+80", "host:-1", "host:8o", "host:000080",
            "2001:db8::7:443", "[2001:db8::7]", "[2001:db8::7]443", "[]:80", "[host]:80", "a b:80", "host/path:80",
            "[::1:80", "::1]:80", "host:٨٠",
        ])
    func refuses(text: String) throws {
        let error = try #require(throws: EffectError.self) { try SocketEndpoint(text) }
        #expect(error.code == .invalid)
        #expect(error.message.contains("\"\(text)\""))
    }
}
