import CorbelAPI
import Testing

@Suite("Names of kinds and objects")
struct NamesTests {
    @Test(
        "An apiVersion is a version, or a group and a version",
        arguments: [("v1", "", "v1"), ("apps/v1", "apps", "v1"), ("corbel.dev/v1alpha1", "corbel.dev", "v1alpha1")])
    func reads(text: String, group: String, version: String) {
        #expect(GroupVersion(apiVersion: text) == GroupVersion(group, version))
        #expect(GroupVersion(group, version).description == text)
    }

    @Test("An apiVersion is nothing else", arguments: ["", "/", "/v1", "apps/", "apps/v1/", "apps/v1/x", "apps//v1"])
    func refuses(text: String) { #expect(GroupVersion(apiVersion: text) == nil) }

    @Test("Names are written as kubectl writes them")
    func descriptions() {
        #expect(GroupKind("", "Secret").description == "Secret")
        #expect(GroupKind("apps", "Deployment").description == "Deployment.apps")
        #expect(GroupResource("", "secrets").description == "secrets")
        #expect(GroupResource("apps", "deployments").description == "deployments.apps")
        #expect(ObjectKey(GroupKind("", "Secret"), namespace: "n", name: "a").description == "Secret n/a")
        #expect(ObjectKey(GroupKind("", "Node"), name: "a").description == "Node a")
    }

    @Test("Keys are ordered by kind, then namespace, then name")
    func order() {
        let keys = [
            ObjectKey(GroupKind("", "Secret"), namespace: "b", name: "a"), ObjectKey(GroupKind("a", "Pack"), name: "a"),
            ObjectKey(GroupKind("a", "Pack"), namespace: "a", name: "b"),
            ObjectKey(GroupKind("a", "Pack"), namespace: "b", name: "a"),
            ObjectKey(GroupKind("a", "Pool"), namespace: "a", name: "a"),
        ]
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<20 { #expect(keys.shuffled(using: &generator).sorted() == keys) }
        #expect(
            [GroupVersion("b", "v1"), GroupVersion("", "v2"), GroupVersion("", "v1")].max() == GroupVersion("b", "v1"))
        #expect(GroupResource("a", "b") < GroupResource("b", "a"))
    }

    @Test(
        "The stable hash agrees with the test vectors of FNV-1a",
        arguments: [
            ("", 0xCBF2_9CE4_8422_2325), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8),
        ] as [(String, UInt64)])
    func stableHash(text: String, hash: UInt64) { #expect(StableHash.of(text.utf8) == hash) }
}
