import Testing

/// Runs every rule over the package. What breaks one is reported by file and line, with what to do instead.
@Suite("The house")
struct HouseTests {
    /// Read and split into words once, for all tests.
    private static let house = Result { try House.load() }

    static let fileRules: [any FileRule] = [ImportRule(), LengthRule(), BannedCallRule(), SafetyRule(), NameRule()]
    static let houseRules: [any HouseRule] = [ManifestRule(), ModulesPageRule(), PlaceRule()]

    private func report(_ violations: [Violation]) {
        for violation in violations { Issue.record("\(violation)") }
    }

    @Test("The table of modules is sound")
    func table() { report(Layering.corbel.soundness()) }

    @Test("Every file keeps the rule", arguments: fileRules.map(\.name))
    func files(rule name: String) throws {
        let house = try Self.house.get()
        let rules = Self.fileRules.filter { $0.name == name }
        report(house.sources.flatMap { file in rules.flatMap { $0.violations(in: file) } })
    }

    @Test("The package keeps the rule", arguments: houseRules.map(\.name))
    func package(rule name: String) throws {
        let house = try Self.house.get()
        report(Self.houseRules.filter { $0.name == name }.flatMap { $0.violations(in: house) })
    }

    @Test("The rules see the package's own files")
    func seesItself() throws {
        let house = try Self.house.get()
        #expect(house.modules.contains("CorbelAPI"))
        #expect(house.source("Tests/HouseTests/HouseTests.swift") != nil)
        #expect(house.text("docs/modules.md") != nil)
    }
}
