/// Parses RE2's syntax by recursive descent.
struct PatternParser {
    private static let depthLimit = 50
    private static let repetitionLimit = 1000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var ignoresCase = false

    init(_ text: String) {
        var text = Substring(text)
        if text.hasPrefix("(?i)") {
            ignoresCase = true
            text = text.dropFirst(4)
        }
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try alternatives(depth: 0)
        guard current == nil else { throw PatternError(message: "unexpected )") }
        return node
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func step(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives(depth: Int) throws(PatternError) -> PatternNode {
        guard depth <= Self.depthLimit else {
            throw PatternError(message: "groups nest deeper than \(Self.depthLimit)")
        }
        var branches = [try sequence(depth: depth)]
        while step("|") { branches.append(try sequence(depth: depth)) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence(depth: Int) throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            nodes.append(try repeated(try atom(depth: depth)))
        }
        return .sequence(nodes)
    }

    private mutating func repeated(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        guard let (minimum, maximum) = try repetition() else { return atom }
        // Laziness decides what a match covers, not whether there is one.
        _ = step("?")
        if let next = current, "*+?".unicodeScalars.contains(next) {
            throw PatternError(message: "a repetition follows a repetition")
        }
        return .repetition(atom, minimum: minimum, maximum: maximum)
    }

    private mutating func repetition() throws(PatternError) -> (Int, Int?)? {
        if step("*") { return (0, nil) }
        if step("+") { return (1, nil) }
        if step("?") { return (0, 1) }
        guard current == "{" else { return nil }
        let start = position
        position += 1
        guard let minimum = number() else {
            position = start
            return nil
        }
        let maximum = step(",") ? number() : minimum
        guard step("}") else {
            position = start
            return nil
        }
        guard minimum <= Self.repetitionLimit, maximum ?? 0 <= Self.repetitionLimit,
            maximum.map({ $0 >= minimum }) ?? true
        else { throw PatternError(message: "a repetition goes from small to large, up to \(Self.repetitionLimit)") }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = current, ("0"..."9").contains(scalar) { position += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<position])))
    }

    private mutating func atom(depth: Int) throws(PatternError) -> PatternNode {
        guard let scalar = current else { throw PatternError(message: "unexpected end") }
        // A brace that begins no repetition stands for itself, as in Go.
        if scalar == "{" { if try repetition() != nil { throw PatternError(message: "a repetition of nothing") } }
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .set(.anyButNewline)
        case "(": return try group(depth: depth)
        case "[": return try set(ofClass: ())
        case "\\": return try escape()
        case "*", "+", "?": throw PatternError(message: "a repetition of nothing")
        default: return set(.one(scalar))
        }
    }

    private func set(_ set: ScalarSet) -> PatternNode { .set(ignoresCase ? set.ignoringCase : set) }

    private mutating func group(depth: Int) throws(PatternError) -> PatternNode {
        if step("?") {
            guard step(":") else {
                throw PatternError(message: "of the groups (?…), only (?:…) and a leading (?i) are supported")
            }
        }
        let node = try alternatives(depth: depth + 1)
        guard step(")") else { throw PatternError(message: "missing )") }
        return node
    }

    private mutating func escape() throws(PatternError) -> PatternNode {
        guard let scalar = current else { throw PatternError(message: "a trailing \\") }
        switch scalar {
        case "A":
            position += 1
            return .start
        case "z":
            position += 1
            return .end
        default: return set(try escapedSet())
        }
    }

    /// What stands after a `\`, in a class or outside.
    private mutating func escapedSet() throws(PatternError) -> ScalarSet {
        guard let scalar = current else { throw PatternError(message: "a trailing \\") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.negated
        case "w": return .words
        case "W": return ScalarSet.words.negated
        case "s": return .spaces
        case "S": return ScalarSet.spaces.negated
        case "n": return .one("\n")
        case "t": return .one("\t")
        case "r": return .one("\r")
        case "f": return .one("\u{0C}")
        case "v": return .one("\u{0B}")
        default:
            guard scalar.isASCII, !ScalarSet.words.contains(scalar) || scalar == "_" else {
                throw PatternError(message: "\\\(scalar) is not supported")
            }
            return .one(scalar)
        }
    }

    private mutating func set(ofClass: Void) throws(PatternError) -> PatternNode {
        let isNegated = step("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || current != "]" {
            isFirst = false
            guard let scalar = current else { throw PatternError(message: "missing ]") }
            if scalar == "[", position + 1 < scalars.count, scalars[position + 1] == ":" {
                throw PatternError(message: "classes such as [:alpha:] are not supported; write [A-Za-z]")
            }
            ranges += try classItem()
        }
        position += 1
        let plain = ScalarSet(ranges: ranges)
        return .set(ScalarSet(ranges: (ignoresCase ? plain.ignoringCase : plain).ranges, isNegated: isNegated))
    }

    private mutating func classItem() throws(PatternError) -> [ClosedRange<UInt32>] {
        let low = try classSet()
        let isSingle = low.count == 1 && low[0].count == 1
        guard isSingle, current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else { return low }
        position += 1
        let high = try classSet()
        guard high.count == 1, high[0].count == 1, low[0].lowerBound <= high[0].lowerBound else {
            throw PatternError(message: "a range goes from small to large")
        }
        return [low[0].lowerBound...high[0].lowerBound]
    }

    private mutating func classSet() throws(PatternError) -> [ClosedRange<UInt32>] {
        guard let scalar = current else { throw PatternError(message: "missing ]") }
        position += 1
        guard scalar == "\\" else { return [scalar.value...scalar.value] }
        let set = try escapedSet()
        guard !set.isNegated else { throw PatternError(message: "\\D, \\W and \\S are not supported within []") }
        return set.ranges
    }
}
