import Testing

@testable import PKI

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "An address is read and told in canonical text",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:c000:201"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func parsing(text: String, canonical: String) throws {
        #expect(IPAddress(text)?.description == canonical)
        let bytes = try #require(IPAddress(text)).bytes
        #expect(IPAddress(bytes: bytes)?.bytes == bytes)
    }

    @Test(
        "Anything else is no address",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", "1.2.3. 4", "1..3.4", ":", ":::",
            "1:::2",
            "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "12345::", "g::", "+1::", "::1%eth0",
            "1.2.3.4::", "::1.2.3.4:5", "[::1]", "１.2.3.4", "localhost",
        ])
    func malformed(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
