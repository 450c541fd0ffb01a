import CorbelAPI
import Testing

@testable import CLICommands

@Suite("The resolver of kinds")
struct KindResolverTests {
    let resolver = KindResolver(.site)

    @Test(
        "knows plurals, singulars, short names, kinds and groups",
        arguments: [
            ("edgeclusters", "EdgeCluster"), ("edgecluster", "EdgeCluster"), ("ec", "EdgeCluster"),
            ("EdgeCluster", "EdgeCluster"), ("edgeclusters.corbel.dev", "EdgeCluster"),
            ("clusters.v1beta2.cluster.x-k8s.io", "Cluster"), ("namespaces", "Namespace"),
            ("deployments.apps", "Deployment"),
        ])
    func resolves(word: String, kind: String) throws {
        #expect(try resolver.resolve(word).kind == kind)
    }

    @Test(
        "offers what is near to a word that it does not know",
        arguments: [
            ("edgeclustr", "did you mean edgeclusters?"), ("xyz", "the server has "),
            ("nodes.apps", "did you mean nodes?"),
        ])
    func suggests(word: String, hint: String) {
        let failure = #expect(throws: CommandFailure.self) { try resolver.resolve(word) }
        #expect(failure?.message == "the server has no kind \"\(word)\"")
        #expect(failure?.hint.contains(hint) == true, "\(failure?.hint ?? "")")
    }

    @Test("tells a wrong version from a wrong kind")
    func objects() {
        let old = Unstructured(json: ["apiVersion": "corbel.dev/v1", "kind": "EdgeCluster"])
        #expect(
            throws: CommandFailure(
                "the server does not serve EdgeCluster as corbel.dev/v1", hint: "write apiVersion: corbel.dev/v1alpha1")
        ) {
            try resolver.resolve(old)
        }
        let foreign = Unstructured(json: ["apiVersion": "v1", "kind": "EdgeCluster"])
        #expect(
            throws: CommandFailure(
                "the server has no kind EdgeCluster in v1",
                hint: "did you mean kind EdgeCluster of corbel.dev/v1alpha1?")
        ) { try resolver.resolve(foreign) }
    }

    @Test(
        "counts edits", arguments: [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("flaw", "lawn", 2)])
    func edits(one: String, other: String, distance: Int) {
        #expect(one.editDistance(to: other) == distance)
    }
}
