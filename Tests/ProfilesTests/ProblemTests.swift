import CorbelAPI
import Profiles
import Revisions
import Testing

/// One mistake in an otherwise sound stack, and all that is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var reason: ProfileProblem.Reason
    var text: String
    var field: String
    var change: @Sendable (inout StackFixture) -> Void

    init(
        _ name: String, _ reason: ProfileProblem.Reason, _ text: String, field: String,
        _ change: @escaping @Sendable (inout StackFixture) -> Void
    ) {
        self.name = name
        self.reason = reason
        self.text = text
        self.field = field
        self.change = change
    }

    var testDescription: String { name }

    static let macros =
        "unknown macro: macros are {{ .corbel.var.<name> }}, {{ .corbel.pack.<pack>.<path> }} and "
        + "{{ .corbel.system.<name> }} with "
        + "cluster.name, cluster.uid, cluster.namespace, kubernetes.version, project.name, clusterprofile.name, "
        + "clusterprofile.version, clusterprofile.infra.name, clusterprofile.infra.version; there are no functions"
    static let web = "profile services 2.0.0, layer web"
    static let values = "spec.layers[0].values"

    static let ofMacros = [
        Mistake(
            "an unknown macro", .unknownMacro, #"\#(web), a[0].b: \#(macros): "{{ .corbel.nonsense.x }}""#,
            field: values
        ) {
            $0.addOnValues = "a: [{b: '{{ .corbel.nonsense.x }}'}]"
        },
        Mistake("a function", .unknownMacro, #"\#(web), a: \#(macros): "{{ .corbel.var.n | upper }}""#, field: values) {
            $0.addOnValues = "a: '{{ .corbel.var.n | upper }}'"
        },
        Mistake(
            "an unknown system macro", .unknownMacro, #"\#(web), a: \#(macros): "{{ .spectro.system.moon }}""#,
            field: values
        ) {
            $0.addOnValues = "a: {{ .spectro.system.moon }}"
        },
        Mistake(
            "an undeclared variable", .undeclaredVariable,
            #"\#(web), a: the profile declares no variable y; it declares x: "{{ .corbel.var.y }}""#, field: values
        ) {
            $0.addOnVariables = "[{name: x}]"
            $0.addOnValues = "a: '{{ .corbel.var.y }}'"
        },
        Mistake(
            "a variable without a value", .missingVariable,
            #"\#(web), a: variable x has neither a value nor a default: "{{ .corbel.var.x }}""#, field: values
        ) {
            $0.addOnVariables = "[{name: x}]"
            $0.addOnValues = "a: '{{ .corbel.var.x }}'"
        },
        Mistake(
            "a macro of a pack that is not there", .unresolvedReference,
            #"\#(web), a: no layer has the pack db; the packs are edge-native-byoi, edge-k8s, "#
                + #"cni-calico, csi-rook, web: "{{ .corbel.pack.db.x }}""#,
            field: values
        ) { $0.addOnValues = "a: '{{ .corbel.pack.db.x }}'" },
        Mistake(
            "a macro of a value that is not there", .unresolvedReference,
            #"\#(web), a: pack cni-calico has no value mtu.x: "{{ .corbel.pack.cni-calico.mtu.x.y }}""#, field: values
        ) { $0.addOnValues = "a: '{{ .corbel.pack.cni-calico.mtu.x.y }}'" },
        Mistake(
            "a macro of an element that is not there", .unresolvedReference,
            #"\#(web), a: pack web has no value list.1: "{{ .corbel.pack.web.list.1 }}""#, field: values
        ) { $0.addOnValues = "list: [1]\na: '{{ .corbel.pack.web.list.1 }}'" },
        Mistake(
            "a tree within a text", .unresolvedReference,
            #"\#(web), a: the value is of type object; within a text only a string, a number or a "#
                + #"boolean can stand: "{{ .corbel.pack.edge-k8s.cluster }}""#,
            field: values
        ) { $0.addOnValues = "a: 'x{{ .corbel.pack.edge-k8s.cluster }}'" },
        Mistake(
            "a circle", .referenceCycle, "\(web), b: references go round in a circle: web.c -> web.b -> web.c",
            field: values
        ) { $0.addOnValues = "a: 1\nb: '{{ .corbel.pack.web.c }}'\nc: '{{ .corbel.pack.web.b }}'" },
        Mistake(
            "a value that is not known yet", .unresolvedReference,
            "\(web), a: {{ .corbel.system.cluster.uid }} is not known yet", field: values
        ) {
            $0.cluster["metadata", "uid"] = nil
            $0.addOnValues = "a: '{{ .corbel.system.cluster.uid }}'"
        },
        Mistake(
            "a macro in a manifest", .unknownMacro,
            #"\#(web), manifest extra: metadata.name: \#(macros): "{{ .corbel.x.y }}""#,
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .corbel.x.y }}'}}" },
    ]

    static let ofTexts = [
        Mistake(
            "broken YAML", .invalidYAML, "\(web), values, line 2: mapping values are not allowed in this context",
            field: values
        ) {
            $0.addOnValues = "a: 1\nb: c: d"
        },
        Mistake(
            "values that are a list", .invalidYAML, "\(web), values, line 1: values must be a mapping; found: array",
            field: values
        ) {
            $0.addOnValues = "[1]"
        },
        Mistake("two documents of values", .invalidYAML, "\(web), values, line 3: expected one document", field: values)
        {
            $0.addOnValues = "a: 1\n---\nb: 1"
        },
        Mistake(
            "broken YAML in a manifest", .invalidYAML,
            "\(web), manifest extra, line 1: did not find expected node content while parsing a block node",
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "a: ]" },
        Mistake(
            "broken YAML in a pack", .invalidYAML,
            "\(web), values of pack web 1.0.0, line 1: did not find expected node content while parsing a block node",
            field: "spec.layers[0].pack"
        ) { $0.webPack = "a: ]" },
        Mistake(
            "a manifest without a kind", .invalidManifest,
            "\(web), manifest extra, line 1: kind must be given, such as Deployment",
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "{apiVersion: v1, metadata: {name: x}}" },
        Mistake(
            "a manifest without an API version", .invalidManifest,
            #"\#(web), manifest extra, line 1: apiVersion must be a version or group/version, such "#
                + #"as apps/v1: "a/b/c""#,
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "{apiVersion: a/b/c, kind: X, metadata: {name: x}}" },
        Mistake(
            "a manifest without a name", .invalidManifest,
            "\(web), manifest extra, line 3: metadata.name must be given",
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "{apiVersion: v1, kind: X, metadata: {name: x}}\n---\n{apiVersion: v1, kind: X}" },
        Mistake(
            "one object twice", .invalidManifest,
            #"\#(web), manifest extra, line 3: layer web has this object already: "X x""#,
            field: "spec.layers[0].manifests[0].content"
        ) {
            $0.manifest =
                "{apiVersion: v1, kind: X, metadata: {name: x}}\n---\n{apiVersion: v1, kind: X, metadata: {name: x}}"
        },
        Mistake(
            "a manifest that is no object", .invalidManifest,
            #"\#(web), manifest extra, line 1: a manifest must be an object: "string""#,
            field: "spec.layers[0].manifests[0].content"
        ) { $0.manifest = "text" },
        Mistake(
            "no image", .imageMissing,
            "profile infra 1.0.0, layer os, options.system.uri: options.system.uri must name the "
                + "image of the operating system",
            field: values
        ) { $0.osValues = "a: 1" },
        Mistake(
            "an image by a tag alone", .imageNotPinned,
            "profile infra 1.0.0, layer os, options.system.uri: the image's reference must end with its digest, "
                + "@sha256: and 64 hexadecimal digits: a tag may name another image tomorrow: "
                + #""registry.example/ubuntu:1""#,
            field: values
        ) { $0.osValues = "options: {system: {uri: 'registry.example/ubuntu:1'}}" },
        Mistake(
            "a stage that no host could run", .invalidStage,
            #"profile infra 1.0.0, layer os, stages.boot: must be a list: "string""#, field: values
        ) {
            let uri = "registry.example/ubuntu:1\(StackFixture.pin)"
            $0.osValues = "{options: {system: {osName: ubuntu, uri: '\(uri)'}}, stages: {boot: x}}"
        },
        Mistake(
            "a sensitive image", .sensitiveValue,
            "profile infra 1.0.0, layer os, options.system.uri: the image's reference must not hold "
                + "a sensitive variable",
            field: values
        ) {
            $0.infra = $0.infra.replacing(
                "{name: registry, default: registry.example}", with: "{name: registry, sensitive: true}")
            $0.osValues = "options: {system: {uri: 'r/{{ .corbel.var.registry }}:1'}}"
            $0.cluster["spec", "variablesFrom"] = [["name": "s"]]
            var secret = Secret(name: "s")
            secret.json["stringData"] = ["registry": "x"]
            $0.secrets = [secret]
        },
    ]
}

@Suite("Every mistake is told with profile, layer, path and value")
struct ProblemTests {
    @Test("A mistake has one problem, with its text and its field", arguments: Mistake.ofMacros + Mistake.ofTexts)
    func problem(mistake: Mistake) {
        let refused = StackFixture().with(mistake.change).refused.filter {
            $0.reason != .imageMissing || mistake.reason == .imageMissing
        }
        #expect(refused.map(\.description) == [mistake.text])
        #expect(refused.map(\.reason) == [mistake.reason])
        #expect(refused.map(\.field) == [mistake.field])
    }

    @Test("The API server tells a problem with the field, the value and what is allowed")
    func fieldError() {
        let problem = StackFixture().with { $0.addOnValues = "a: '{{ .corbel.pack.cni-calico.x }}'" }.refused.first
        #expect(
            problem?.fieldError.description
                == #"spec.layers[0].values: Invalid value: "{{ .corbel.pack.cni-calico.x }}": a: "#
                + #"pack cni-calico has no value x"#
        )
    }

    @Test("References that multiply are bounded")
    func growth() {
        let names = Array("abcdefghijklmnopqrstuvwxyz").map(String.init)
        let lines = zip(names, names.dropFirst()).map { name, next in
            "\(name): '\(String(repeating: "{{ .corbel.pack.web.\(next) }}", count: 4))'"
        }
        let problems = StackFixture().with { $0.addOnValues = (lines + ["z: '0123456789'"]).joined(separator: "\n") }
            .problems
        #expect(problems.contains { $0.hasSuffix("resolves to more than 3145728 bytes") })
    }
}
