import CorbelAPI
import Profiles
import Revisions
import Testing

extension Mistake {
    private static let infra = "profile infra 1.0.0"

    static let ofComposition = [
        Mistake(
            "layers out of order", .layersOutOfOrder,
            #"\#(infra), layer k8s: layers must stand in the order os, k8s, cni, csi, addon: k8s "#
                + #"comes after cni (layer cni): "k8s""#,
            field: "spec.layers[2].type"
        ) {
            let parts = $0.infra.components(separatedAt: [
                "  - name: os", "  - name: k8s", "  - name: cni", "  - name: csi",
            ])
            $0.infra = [parts[0], parts[1], parts[3], parts[2], parts[4]].joined()
        },
        Mistake(
            "a layer missing", .layerMissing, "\(infra): a profile of type infra must have a layer of type cni",
            field: "spec.layers"
        ) {
            let parts = $0.infra.components(separatedAt: ["  - name: cni", "  - name: csi"])
            $0.infra = parts[0] + parts[2]
        },
        Mistake(
            "an infrastructure layer in an add-on", .layerNotAllowed,
            #"profile services 2.0.0, layer web: a profile of type add-on must not have a layer of type cni: "cni""#,
            field: "spec.layers[0].type"
        ) { $0.addOn = $0.addOn.replacing("type: addon", with: "type: cni") },
        Mistake(
            "an add-on layer in an infra profile", .layerNotAllowed,
            #"\#(infra), layer csi: a profile of type infra must not have a layer of type addon: "addon""#,
            field: "spec.layers[3].type"
        ) { $0.infra = $0.infra.replacing("type: csi", with: "type: addon") },
        Mistake(
            "two network layers", .duplicateLayer,
            #"\#(infra), layer csi: a profile has one network (CNI) layer, which is cni: "cni""#,
            field: "spec.layers[3].type"
        ) { $0.infra = $0.infra.replacing("type: csi", with: "type: cni") },
        Mistake(
            "a layer name twice in a profile", .duplicateLayer,
            #"\#(infra), layer cni: the profile has a layer of that name already: "cni""#, field: "spec.layers[3].name"
        ) { $0.infra = $0.infra.replacing("name: csi\n", with: "name: cni\n") },
        Mistake(
            "a pack twice in a profile", .duplicatePack,
            #"\#(infra), layer csi: the profile has the pack already: a cluster takes no pack twice: "cni-calico""#,
            field: "spec.layers[3].pack"
        ) { $0.infra = $0.infra.replacing("csi-rook", with: "cni-calico") },
        Mistake(
            "a pack in two profiles", .duplicatePack,
            #"profile services 2.0.0, layer web: profile infra 1.0.0 has the pack already: a "#
                + #"cluster takes no pack twice: "csi-rook""#,
            field: "spec.layers[0].pack"
        ) { $0.addOn = $0.addOn.replacing("pack: {name: web", with: "pack: {name: csi-rook") },
        Mistake(
            "a layer name in two profiles", .duplicateLayer,
            #"profile services 2.0.0, layer cni: profile infra 1.0.0 has a layer of that name already: "cni""#,
            field: "spec.layers[0].name"
        ) { $0.addOn = $0.addOn.replacing("- name: web", with: "- name: cni") },
        Mistake(
            "no base profile", .composition,
            "spec.profiles: a cluster takes exactly one infra or full profile and any number of add-ons; it names none",
            field: "spec.profiles"
        ) { $0.cluster["spec", "profiles"] = [["name": "services", "version": "2.0.0"]] },
        Mistake(
            "a profile that is not there", .profileNotFound,
            "profile nope 1.0.0: profile not found: there is no profile of that name",
            field: "spec.profiles[0]"
        ) { $0.cluster["spec", "profiles"] = [["name": "nope", "version": "1.0.0"]] },
        Mistake(
            "a version that is not there", .profileNotFound,
            "profile infra 1.0.1: profile not found: its versions are 1.0.0",
            field: "spec.profiles[0]"
        ) { $0.cluster["spec", "profiles"] = [["name": "infra", "version": "1.0.1"]] },
        Mistake(
            "a profile version that is none", .invalidVersion,
            #"profile infra v1.0: must be a semantic version such as 1.2.3 or 1.2.3-rc.1, without a leading v: "v1.0""#,
            field: "spec.version"
        ) {
            $0.infra = $0.infra.replacing("version: 1.0.0", with: "version: v1.0")
            $0.cluster["spec", "profiles"] = [["name": "infra", "version": "v1.0"]]
        },
        Mistake(
            "a Kubernetes version that is none", .invalidVersion,
            #"\#(infra), layer k8s: a Kubernetes version must be a semantic version such as 1.33.6: "1.33""#,
            field: "spec.layers[1].pack.version"
        ) { $0.infra = $0.infra.replacing("1.33.6", with: "'1.33'") },
        Mistake(
            "an unknown Kubernetes pack", .unknownDistribution,
            #"\#(infra), layer k8s: must be one of edge-k8s, edge-k3s, edge-rke2, edge-canonical: "edge-k0s""#,
            field: "spec.layers[1].pack.name"
        ) { $0.infra = $0.infra.replacing("edge-k8s", with: "edge-k0s") },
        Mistake(
            "no pack for an infrastructure layer", .packMissing,
            "\(infra), layer csi: a storage (CSI) layer must have a pack",
            field: "spec.layers[3].pack"
        ) { $0.infra = $0.infra.replacing("\n    pack: {name: csi-rook, version: 1.18.0}", with: "") },
        Mistake(
            "neither a pack nor manifests", .packMissing,
            "profile services 2.0.0, layer web: an add-on layer must have a pack or manifests",
            field: "spec.layers[0].pack"
        ) {
            $0.addOn =
                "metadata: {name: services}\nspec: {type: add-on, version: 2.0.0, layers: [{name: web, type: addon}]}"
        },
        Mistake(
            "a pack that is not there", .packNotFound,
            #"\#(infra), layer csi: pack not found: its versions are 1.18.0: "csi-rook 9.0.0""#,
            field: "spec.layers[3].pack"
        ) { $0.infra = $0.infra.replacing("1.18.0", with: "9.0.0") },
        Mistake(
            "a pack of another registry", .packNotFound,
            #"\#(infra), layer csi: pack not found: there is no pack of that name in registry r: "csi-rook 1.18.0""#,
            field: "spec.layers[3].pack"
        ) { $0.infra = $0.infra.replacing("version: 1.18.0", with: "version: 1.18.0, registry: r") },
        Mistake(
            "a pack for another layer", .packLayerMismatch,
            #"\#(infra), layer csi: the pack is for the add-on layer, not for the storage (CSI) layer: "web""#,
            field: "spec.layers[3].pack"
        ) {
            $0.infra = $0.infra.replacing("csi-rook, version: 1.18.0", with: "web, version: 1.0.0")
            $0.usesAddOn = false
        },
        Mistake(
            "a probe without a path", .invalidProbe,
            "profile services 2.0.0, layer web: needs a path, whose value it is compared with",
            field: "spec.layers[0].readyToProceed[0].equals"
        ) {
            $0.addOn += "\n    readyToProceed: [{name: p, object: {apiVersion: v1, kind: Pod, name: x}, equals: 1}]"
        },
        Mistake(
            "a probe's API version", .invalidProbe,
            #"profile services 2.0.0, layer web: must be a version or group/version, such as apps/v1: "a/b/c""#,
            field: "spec.layers[0].readyToProceed[0].object.apiVersion"
        ) { $0.addOn += "\n    readyToProceed: [{name: p, object: {apiVersion: a/b/c, kind: Pod, name: x}}]" },
    ]

    static let ofContinuity = [
        Mistake(
            "another CNI", .networkPackChanged,
            #"\#(infra), layer cni: a living cluster keeps its network (CNI) pack, which is "#
                + #"cni-calico: make another cluster for another one: "cni-flannel""#,
            field: "spec.layers[2].pack"
        ) { $0.infra = $0.infra.replacing("cni-calico, version: 3.30.0", with: "cni-flannel, version: 1.0.0") },
        Mistake(
            "another CSI", .storagePackChanged,
            #"\#(infra), layer csi: a living cluster keeps its storage (CSI) pack, which is "#
                + #"csi-rook: make another cluster for another one: "csi-longhorn""#,
            field: "spec.layers[3].pack"
        ) { $0.infra = $0.infra.replacing("csi-rook, version: 1.18.0", with: "csi-longhorn, version: 1.0.0") },
        Mistake(
            "no CSI any more", .storagePackChanged,
            "spec.profiles: a living cluster keeps its storage (CSI) pack, which is csi-rook: make "
                + "another cluster for another one",
            field: "spec.profiles"
        ) { $0.infra = $0.infra.components(separatedAt: ["  - name: csi"])[0] },
        Mistake(
            "another distribution", .distributionChanged,
            #"\#(infra), layer k8s: a living cluster keeps its Kubernetes distribution, which is edge-k8s: "edge-k3s""#,
            field: "spec.layers[1].pack"
        ) { $0.infra = $0.infra.replacing("edge-k8s", with: "edge-k3s") },
        Mistake(
            "a downgrade", .kubernetesDowngrade,
            #"\#(infra), layer k8s: Kubernetes cannot go back: the cluster runs 1.33.6: "1.33.5""#,
            field: "spec.layers[1].pack"
        ) { $0.infra = $0.infra.replacing("1.33.6", with: "1.33.5") },
        Mistake(
            "a skipped minor", .kubernetesMinorSkipped,
            #"\#(infra), layer k8s: Kubernetes goes one minor version at a time: the cluster runs "#
                + #"1.33.6, so 1.34 comes next: "1.35.0""#,
            field: "spec.layers[1].pack"
        ) { $0.infra = $0.infra.replacing("1.33.6", with: "1.35.0") },
    ]
}

extension String {
    /// The text before the first separator, and from each separator to the next.
    fileprivate func components(separatedAt separators: [String]) -> [String] {
        var rest = self[...]
        var parts: [String] = []
        for separator in separators {
            guard let range = rest.firstRange(of: separator) else { preconditionFailure("no \(separator)") }
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.lowerBound...]
        }
        return parts + [String(rest)]
    }
}

@Suite("What profiles make together, and what a living cluster cannot become")
struct CompositionTests {
    @Test("A mistake has one problem, with its text and its field", arguments: Mistake.ofComposition)
    func composition(mistake: Mistake) {
        let refused = StackFixture().with(mistake.change).refused
        #expect(refused.map(\.description) == [mistake.text])
        #expect(refused.map(\.reason) == [mistake.reason])
        #expect(refused.map(\.field) == [mistake.field])
    }

    @Test("What a living cluster cannot become is refused, and a new one may be", arguments: Mistake.ofContinuity)
    func continuity(mistake: Mistake) {
        let running = StackFixture().revision
        let changed = StackFixture().with(mistake.change)
        let refused = changed.with { $0.running = running }.refused
        #expect(refused.map(\.description) == [mistake.text])
        #expect(refused.map(\.reason) == [mistake.reason])
        #expect(refused.map(\.field) == [mistake.field])
        #expect(changed.problems == [])
    }

    @Test("Patches, and one minor version at a time, are allowed", arguments: ["1.33.6", "1.34.0"])
    func upgrades(version: String) {
        let running = StackFixture().revision
        let fixture = StackFixture().with {
            $0.running = running
            $0.infra = $0.infra.replacing("1.33.6", with: version)
        }
        #expect(fixture.problems == [])
    }

    @Test("Two base profiles are refused")
    func twoBases() {
        let fixture = StackFixture().with {
            $0.extraProfiles = [
                $0.infra.replacing("{name: infra}", with: "{name: other}").replacing("OSVALUES", with: "{}")
                    .replacing("K8SVALUES", with: "{}").replacing("CNIVALUES", with: "{}")
            ]
            $0.cluster["spec", "profiles"] = [
                ["name": "infra", "version": "1.0.0"], ["name": "other", "version": "1.0.0"],
            ]
        }
        #expect(fixture.problems.first?.hasSuffix("it names infra 1.0.0, other 1.0.0") == true)
        #expect(fixture.refused.filter { $0.reason == .duplicatePack }.count == 4)
    }

    @Test("A full profile holds both infrastructure and add-ons")
    func full() {
        let fixture = StackFixture().with {
            $0.infra =
                $0.infra.replacing("type: infra", with: "type: full")
                + "\n  - {name: app, type: addon, pack: {name: web, version: 1.0.0}}"
            $0.usesAddOn = false
        }
        #expect(fixture.revision?.layers.map(\.name) == ["os", "k8s", "cni", "csi", "app"], "\(fixture.problems)")
    }
}
