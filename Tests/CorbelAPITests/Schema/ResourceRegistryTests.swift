import CorbelAPI
import Testing

@Suite("The registry of kinds")
struct ResourceRegistryTests {
    @Test(
        "finds a definition by its kind and by its resource",
        arguments: ResourceRegistry.site.definitions.map(\.groupKind))
    func lookups(kind: GroupKind) throws {
        let definition = try #require(ResourceRegistry.site[kind])
        #expect(definition.groupKind == kind)
        #expect(ResourceRegistry.site[definition.groupResource] == definition)
        #expect(ResourceRegistry.site.definitions(of: definition.groupVersion).contains(definition))
    }

    @Test("finds nothing in another group, and nothing by another word")
    func misses() {
        #expect(ResourceRegistry.site[GroupKind("", "EdgeCluster")] == nil)
        #expect(ResourceRegistry.site[GroupKind("corbel.dev", "edgecluster")] == nil)
        #expect(ResourceRegistry.site[GroupResource("corbel.dev", "edgecluster")] == nil)
        #expect(ResourceRegistry.site.definitions(of: GroupVersion("corbel.dev", "v1")).isEmpty)
    }

    @Test("names every group version once, the core group first")
    func groupVersions() {
        let versions = ResourceRegistry.site.groupVersions
        #expect(versions.first == GroupVersion("", "v1"))
        #expect(versions == versions.sorted() && Set(versions).count == versions.count)
        #expect(
            versions.flatMap { ResourceRegistry.site.definitions(of: $0) }.count
                == ResourceRegistry.site.definitions.count)
    }

    @Test("of the centre holds kinds of a site and its own roles, and none that only a cluster runs")
    func centre() {
        let site = Set(ResourceRegistry.site.definitions.map(\.groupKind))
        let centre = Set(ResourceRegistry.centre.definitions.map(\.groupKind))
        let roles = ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
        #expect(centre.subtracting(site).map(\.kind).sorted() == roles)
        let workloads = ["Node", "Pod", "Deployment", "DaemonSet", "PodDisruptionBudget"]
        #expect(site.subtracting(centre).map(\.kind).sorted() == workloads.sorted())
    }

    @Test("has no short name, singular or plural that means two kinds")
    func words() {
        let words = ResourceRegistry.site.definitions.flatMap { [$0.singular, $0.plural] + $0.shortNames }
        let repeated = Dictionary(grouping: words) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        #expect(repeated.isEmpty)
    }

    @Test(
        "gives kinds names that Kubernetes allows", arguments: ResourceRegistry.site.definitions.map(\.groupKind))
    func names(kind: GroupKind) throws {
        let definition = try #require(ResourceRegistry.site[kind])
        #expect(definition.kind.wholeMatch(of: /[A-Z][A-Za-z0-9]*/) != nil)
        for word in [definition.plural, definition.singular] + definition.shortNames {
            #expect(word.wholeMatch(of: /[a-z][a-z0-9]*/) != nil, "\(word)")
        }
        #expect(definition.listKind == definition.kind + "List")
        #expect(definition.isNamespaced == (definition.scope == .namespaced))
    }
}
