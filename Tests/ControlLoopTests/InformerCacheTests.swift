import ControlLoop
import CorbelAPI
import Testing

@Suite struct InformerCacheTests {
    let kind = ConfigMap.groupKind

    @Test("a list that lacks an object ends it, whatever the watch had missed")
    func relists() {
        var cache = InformerCache()
        _ = cache.replace(kind, with: [object("a", version: 1), object("b", version: 2)], resourceVersion: "2")
        let changes = cache.replace(kind, with: [object("b", version: 2)], resourceVersion: "9")
        #expect(changes.map(\.object.name) == ["a"])
        #expect(changes[0].new == nil)
        #expect(cache.snapshot.list(kind).map(\.name) == ["b"])
    }

    @Test("older news changes nothing")
    func ignoresOlderVersions() {
        var cache = InformerCache()
        _ = cache.replace(kind, with: [object("a", version: 10)], resourceVersion: "10")
        #expect(cache.apply(.stored(object("a", version: 9)), of: kind) == nil)
        #expect(cache.apply(.deleted(object("a", version: 9)), of: kind) == nil)
        #expect(cache.snapshot[key("a")]?.resourceVersion == "10")
    }

    @Test("the deletion of an object whose name was given anew leaves the new one")
    func tellsIncarnationsApart() {
        var cache = InformerCache()
        _ = cache.replace(kind, with: [object("a", version: 12, uid: "new")], resourceVersion: "12")
        #expect(cache.apply(.deleted(object("a", version: 13, uid: "old")), of: kind) == nil)
        #expect(cache.apply(.deleted(object("a", version: 14, uid: "new")), of: kind)?.old?.uid == "new")
    }

    @Test("an own write is seen once the object or the kind has come as far")
    func fulfilsVersions() {
        var cache = InformerCache()
        let write = InformerCache.Expectation.version(key("a"), "10")
        #expect(!cache.fulfils(write))
        _ = cache.replace(kind, with: [object("a", version: 5)], resourceVersion: "9")
        #expect(!cache.fulfils(write))
        _ = cache.apply(.bookmark(resourceVersion: "11"), of: kind)
        #expect(cache.fulfils(write))
        #expect(!cache.fulfils(.version(key("a"), "12")))
        _ = cache.apply(.stored(object("a", version: 12)), of: kind)
        #expect(cache.fulfils(.version(key("a"), "12")))
    }

    @Test("versions that are no numbers are never ordered", arguments: [("abc", "abd"), ("9x", "10")])
    func comparesOpaquely(left: String, right: String) {
        #expect(!ResourceVersion.isOlder(left, than: right))
        #expect(!ResourceVersion.isAtLeast(left, right))
        #expect(ResourceVersion.isAtLeast(left, left))
    }
}
