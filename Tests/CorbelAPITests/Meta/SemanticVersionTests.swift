import CorbelAPI
import Testing

@Suite("A semantic version")
struct SemanticVersionTests {
    static let valid = [
        "0.0.0", "1.2.3", "10.20.30", "1.33.6", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7", "1.0.0-x-y-z.--",
        "1.0.0-0A.is.legal", "1.0.0--1", "1.0.0-rc.1+build.5", "1.0.0+001", "1.0.0+21AF26D3---117B344092BD",
        "1.0.0+a-b.c", "1.31.4+rke2r1", "9223372036854775807.0.0",
    ]

    static let invalid = [
        "", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "-1.2.3", "1.2.-3", "+1.2.3", "1..3", ".1.2", "1.2.3-",
        "1.2.3+", "1.2.3-+b", "1.2.3-a..b", "1.2.3-.a", "1.2.3-01", "1.2.3-a.01", "1.2.3-a_b", "1.2.3+a+b",
        "1.2.3+a..b",
        "1.2.3-é", "1.2.٣", " 1.2.3", "1.2.3 ", "1.2.3\n", "V1.2.3", "v1.2.3", "alpha", "1.x.0",
    ]

    @Test("is written as it was read", arguments: valid)
    func reads(text: String) {
        #expect(SemanticVersion(text)?.description == text)
        #expect(SemanticVersion("v" + text, allowingV: true)?.description == text)
        #expect(SemanticVersion(text, allowingV: true)?.description == text)
        #expect(SemanticVersion("v" + text) == nil)
    }

    @Test("is not read from anything else", arguments: invalid)
    func refuses(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test("is not read from more than one v, nor from a number that no integer holds")
    func refusesFurther() {
        #expect(SemanticVersion("vv1.2.3", allowingV: true) == nil)
        #expect(SemanticVersion("v", allowingV: true) == nil)
        #expect(SemanticVersion("9223372036854775808.0.0") == nil)
    }

    @Test("has parts")
    func parts() throws {
        let version = try #require(SemanticVersion("1.20.3-rc.1-x.0+build.05"))
        #expect([version.major, version.minor, version.patch] == [1, 20, 3])
        #expect(version.prerelease == ["rc", "1-x", "0"])
        #expect(version.build == ["build", "05"])
    }

    /// The examples of rule 11 of semver.org, and what lies between them.
    private static let ascending = [
        "0.9.9", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000",
        "1.0.0--5", "1.0.0-1a", "1.0.0-Beta", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-rc.1", "1.0.1", "1.0.10", "1.2.0",
        "1.10.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0",
    ]

    @Test("precedes exactly those that come after it")
    func precedence() {
        let versions = Self.ascending.compactMap { SemanticVersion($0) }
        #expect(versions.count == Self.ascending.count)
        for (lower, left) in versions.enumerated() {
            for (upper, right) in versions.enumerated() {
                #expect((left < right) == (lower < upper), "\(left) and \(right)")
            }
        }
    }

    @Test("has no precedence by its build")
    func build() throws {
        let left = try #require(SemanticVersion("1.0.0+a"))
        let right = try #require(SemanticVersion("1.0.0+b"))
        #expect(!(left < right) && !(right < left))
        #expect(left != right)
    }

    @Test("is what the schema of a profile's version accepts")
    func schema() throws {
        let spec = ClusterProfile.definition.schema.properties["spec"]
        let pattern = try Regex(#require(spec?.properties["version"]?.pattern))
        for text in Self.valid { #expect(text.contains(pattern), "\(text)") }
        // `$` of some engines stands before a last line break too; every other text is refused by all of them.
        for text in Self.invalid where !text.hasSuffix("\n") { #expect(!text.contains(pattern), "\(text)") }
    }
}
