/// A version by the rules of semver.org 2.0.0. A leading `v` is accepted where Kubernetes writes one.
public struct SemanticVersion: Sendable, Hashable, CustomStringConvertible {
    public var major: Int
    public var minor: Int
    public var patch: Int
    public var prerelease: [String]
    public var build: [String]

    /// Reads `1.33.6`, `1.2.3-rc.1+build.5`; with `allowingV`, `v1.33.6` too. Anything else is no version.
    public init?(_ text: String, allowingV: Bool = false) {
        var rest = Substring(text)
        if allowingV, rest.first == "v" { rest = rest.dropFirst() }
        let (versionAndPrerelease, build) = rest.split(atFirst: "+")
        let (core, prerelease) = versionAndPrerelease.split(atFirst: "-")
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2],
            let prereleaseParts = Self.identifiers(prerelease, numbersMayStartWithZero: false),
            let buildParts = Self.identifiers(build, numbersMayStartWithZero: true)
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prereleaseParts
        self.build = buildParts
    }

    public var description: String {
        let tail = prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: ".")
        return "\(major).\(minor).\(patch)" + tail + (build.isEmpty ? "" : "+" + build.joined(separator: "."))
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isDigit), text == "0" || text.first != "0" else { return nil }
        return Int(text)
    }

    private static func identifiers(_ text: Substring?, numbersMayStartWithZero: Bool) -> [String]? {
        guard let text else { return [] }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let allValid = parts.allSatisfy { part in
            let isNumber = part.utf8.allSatisfy(\.isDigit)
            let hasValidZero = numbersMayStartWithZero || !isNumber || part == "0" || part.first != "0"
            return !part.isEmpty && part.utf8.allSatisfy(\.isIdentifierByte) && hasValidZero
        }
        return allValid ? parts.map(String.init) : nil
    }
}

extension SemanticVersion: Comparable {
    /// Precedence by rule 11 of semver.org: build metadata does not count.
    public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        if left.core != right.core { return left.core.lexicographicallyPrecedes(right.core) }
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return !left.prerelease.isEmpty && right.prerelease.isEmpty
        }
        if let (one, other) = zip(left.prerelease, right.prerelease).first(where: { $0 != $1 }) {
            return identifier(one, precedes: other)
        }
        return left.prerelease.count < right.prerelease.count
    }

    /// Numbers come before words. A number has as many digits as it likes, none of them a leading zero, so the
    /// shorter one is the lower.
    private static func identifier(_ one: String, precedes other: String) -> Bool {
        let (isNumber, otherIsNumber) = (one.utf8.allSatisfy(\.isDigit), other.utf8.allSatisfy(\.isDigit))
        if isNumber != otherIsNumber { return isNumber }
        if isNumber, one.utf8.count != other.utf8.count { return one.utf8.count < other.utf8.count }
        return one < other
    }

    private var core: [Int] { [major, minor, patch] }
}

extension Substring {
    /// What stands before and after the first `separator`; no second part where there is none.
    fileprivate func split(atFirst separator: Character) -> (Substring, Substring?) {
        guard let index = firstIndex(of: separator) else { return (self, nil) }
        return (self[..<index], self[self.index(after: index)...])
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isIdentifierByte: Bool {
        isDigit || self == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }
}
