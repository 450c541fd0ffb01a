import Testing

/// Shows that the rules about the package as a whole fire.
@Suite("The package rules fire")
struct HouseSampleTests {
    // MARK: - The table

    private static func module(
        _ name: String, _ level: Layering.Level, _ imports: Set<String>, isPure: Bool = false,
        bringsFoundation: Bool = false
    ) -> Layering.Module {
        Layering.Module(
            name: name, level: level, isPure: isPure, imports: imports, standard: [], bringsFoundation: bringsFoundation
        )
    }

    private static func messages(_ modules: [Layering.Module]) -> [String] {
        Layering(modules, owners: [:]).soundness().map(\.message)
    }

    @Test("A module that reaches up")
    func up() {
        let found = Self.messages([Self.module("A", .types, ["B"]), Self.module("B", .domain, [])])
        #expect(found == ["A reaches up to B"])
    }

    @Test("Modules that reach themselves")
    func cycle() {
        let found = Self.messages([
            Self.module("A", .types, ["B"]), Self.module("B", .types, ["C"]), Self.module("C", .types, ["A"]),
        ])
        #expect(found == ["A reaches itself", "B reaches itself", "C reaches itself"])
    }

    @Test("A pure module over one that is not")
    func impure() {
        let found = Self.messages([Self.module("A", .domain, ["B"], isPure: true), Self.module("B", .types, [])])
        #expect(found == ["A is pure and may import B, which is not"])
    }

    @Test("An arrow to a module that nobody knows")
    func unknown() { #expect(Self.messages([Self.module("A", .domain, ["B"])]).count == 1) }

    @Test("An agent that links Foundation by a detour")
    func agent() {
        let found = Self.messages([
            Self.module("corbel-agent", .programs, ["A"]), Self.module("A", .domain, ["B"]),
            Self.module("B", .domain, [], bringsFoundation: true),
        ])
        #expect(found == ["corbel-agent links B, which brings all of Foundation"])
    }

    // MARK: - The manifest

    private static func manifest(_ targets: String, sources: [SourceFile] = [], modules: Set<String> = []) -> [String] {
        let text = """
            let yams = Target.Dependency.product(name: "Yams", package: "Yams")
            let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
            func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target { }
            let package = Package(targets: [\(targets)])
            """
        let house = House(sources: [SourceFile(path: "Package.swift", text: text)] + sources, modules: modules)
        return ManifestRule().violations(in: house).map(\.message)
    }

    @Test("A manifest that agrees with the table")
    func agrees() {
        let targets = #"module("CorbelAPI"), module("YAML", ["CorbelAPI", yams]), module("APIServer", [logging])"#
        #expect(Self.manifest(targets, modules: ["CorbelAPI", "YAML"]).isEmpty)
    }

    @Test(
        "A manifest that does not",
        arguments: [
            (#"module("HostPlan", ["Distros"])"#, "HostPlan must not depend on Distros"),
            (#"module("Profiles", [yams])"#, "Profiles must not depend on Yams"),
            (#"module("HostPlan", [logging])"#, "HostPlan must not depend on Logging"),
            (#"module("Attic")"#, "target Attic is not in the table"),
            (#"program("corbel-agent", ["YAML"])"#, "corbel-agent must not depend on YAML"),
            (#"module("HostPlan", [.target(name: "CorbelAPI")])"#, "this dependency is no name"),
        ])
    func disagrees(targets: String, message: String) { #expect(Self.manifest(targets).contains(message)) }

    @Test("A directory without a target, and an import without a dependency")
    func strays() {
        let file = SourceFile(path: "Sources/Distros/A.swift", text: "import HostPlan")
        let found = Self.manifest(#"module("Distros", ["CorbelAPI"])"#, sources: [file], modules: ["Distros", "Attic"])
        #expect(found == ["Sources/Attic is no target", "Distros imports HostPlan undeclared"])
    }

    // MARK: - Pages

    private static func page(_ text: String) -> [String] {
        let house = House(
            sources: [], texts: [House.TextFile(path: "docs/modules.md", text: text)], modules: ["A", "B"])
        return ModulesPageRule().violations(in: house).map(\.message)
    }

    @Test(
        "The page of modules",
        arguments: [
            ("### `A`\n\nText.\n\n### `B`\n\nText.\n", []),
            ("### `A`\n\nText.\n", ["B has no paragraph"]),
            ("### `A`\n\n### `B`\n\nText.\n", ["A has no text"]),
            ("### `A`\nText.\n### `B`\nText.\n### `A`\nText.\n", ["A stands here twice"]),
            ("### `A`\nText.\n### `B`\nText.\n### `C`\nText.\n", ["C is not in Sources"]),
        ])
    func modulesPage(text: String, messages: [String]) { #expect(Self.page(text) == messages) }

    @Test("A missing page")
    func noPage() { #expect(ModulesPageRule().violations(in: House(sources: [])).count == 1) }

    @Test(
        "Paths of somebody's machine",
        arguments: [
            ("Sources/HostPlan/A.swift", "let root = \"/workspace/corbel\"", 1),
            ("Sources/HostPlan/A.swift", "let root = \"/run/overlay/workspace/etc\"", 0),
            ("Sources/HostPlan/A.swift", "let root = \"/tmp/corbel\"", 1),
            ("Tests/HostPlanTests/A.swift", "let root = \"/tmp/corbel\"", 0),
        ])
    func places(path: String, code: String, count: Int) {
        let house = House(sources: [SourceFile(path: path, text: code)])
        #expect(PlaceRule().violations(in: house).count == count)
    }

    @Test(
        "Paths in pages",
        arguments: [
            ("docs/a.md", "Run `corbel serve --data-dir /tmp/centre`.", 0), ("docs/a.md", "See /workspace/notes.", 1),
            ("Makefile", "build:\n\tcp a /tmp/b\n", 1),
        ])
    func pagePlaces(path: String, text: String, count: Int) {
        let house = House(sources: [], texts: [House.TextFile(path: path, text: text)])
        #expect(PlaceRule().violations(in: house).count == count)
    }
}
