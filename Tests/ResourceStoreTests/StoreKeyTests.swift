import ResourceStore
import Testing

@Suite("StoreKey")
struct StoreKeyTests {
    @Test("keys sort as their bytes do")
    func order() {
        let keys: [StoreKey] = ["", "A", "a", "a/", "a0", "e\u{301}", "z", "\u{e9}", "日本", "🗻", "\u{10FFFF}"]
        #expect(keys.reversed().sorted() == keys)
        #expect(keys.map { Array($0.utf8) } == keys.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("characters that Unicode takes for the same make two keys")
    func canonicalEquivalence() {
        let keys: [StoreKey] = ["e\u{301}", "\u{e9}"]
        #expect(keys[0] != keys[1])
        #expect(Set(keys).count == 2)
        #expect(!keys[0].hasPrefix(keys[1]))
    }

    @Test(
        "a prefix is judged by bytes",
        arguments: [
            ("/a/b", "/a/b", true), ("/a/bc", "/a/b", true), ("/a", "/a/b", false), ("/a", "", true),
            ("/e\u{301}", "/e", true), ("/b", "/a", false),
        ])
    func prefix(key: StoreKey, prefix: StoreKey, isPrefix: Bool) {
        #expect(key.hasPrefix(prefix) == isPrefix)
    }

    @Test("a prefix ends before the next bytes of its length")
    func prefixEnd() {
        #expect(StoreKey("/a/").prefixEnd == Array("/a0".utf8))
        #expect(StoreKey("é").prefixEnd == [0xC3, 0xAA])
        #expect(StoreKey("\u{BF}").prefixEnd == [0xC2, 0xC0])
        #expect(StoreKey("").prefixEnd == nil)
    }

    @Test("bytes that are no UTF-8 are no key")
    func invalid() {
        #expect(StoreKey(utf8: [0x2F, 0xFF]) == nil)
        #expect(StoreKey(utf8: Array("/é".utf8)) == "/é")
    }

    @Test(
        "a resourceVersion is decimal digits above zero",
        arguments: [
            ("1", 1), ("9223372036854775807", .max), ("0", nil), ("", nil), ("-1", nil), ("+1", nil), ("1a", nil),
            ("9223372036854775808", nil), (" 1", nil),
        ] as [(String, Int64?)])
    func resourceVersion(text: String, revision: Int64?) {
        #expect(StoreRevision(resourceVersion: text)?.rawValue == revision)
    }
}
