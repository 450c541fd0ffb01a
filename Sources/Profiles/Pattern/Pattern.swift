/// A regular expression that costs time linear in the text, whatever the expression: profiles come from outside, and a
/// backtracking engine can be made to run for years by a dozen characters.
///
/// The syntax is RE2's, which profiles are written in, without Unicode classes, `\b` and named POSIX classes; a pattern
/// matches where any part of the text does, as in Go's `MatchString`.
struct Pattern: Sendable {
    enum Instruction: Sendable {
        case set(ScalarSet)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case match
    }

    /// The most instructions that a pattern may compile to: counted repetitions multiply.
    static let instructionLimit = 4000

    private let program: [Instruction]

    /// - Throws: ``PatternError`` for what is no pattern, is not supported, or is too large.
    init(_ text: String) throws(PatternError) {
        var parser = PatternParser(text)
        var compiler = PatternCompiler()
        try compiler.append(try parser.parse())
        program = compiler.program + [.match]
    }

    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var threads = ThreadList(count: program.count)
        for position in 0...scalars.count {
            // A match may begin at every position.
            follow(0, at: position, of: scalars.count, into: &threads)
            if threads.hasMatch { return true }
            guard position < scalars.count else { return false }
            var next = ThreadList(count: program.count)
            for thread in threads.order {
                if case .set(let set) = program[thread], set.contains(scalars[position]) {
                    follow(thread + 1, at: position + 1, of: scalars.count, into: &next)
                }
            }
            threads = next
        }
        return false
    }

    /// The instructions that wait for a character, each once.
    private struct ThreadList {
        var order: [Int] = []
        var seen: [Bool]
        var hasMatch = false

        init(count: Int) { seen = Array(repeating: false, count: count) }
    }

    /// Adds the instructions that are reached from `start` without a character.
    private func follow(_ start: Int, at position: Int, of count: Int, into threads: inout ThreadList) {
        var pending = [start]
        while let next = pending.popLast() {
            if threads.seen[next] { continue }
            threads.seen[next] = true
            switch program[next] {
            case .set: threads.order.append(next)
            case .split(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .start: if position == 0 { pending.append(next + 1) }
            case .end: if position == count { pending.append(next + 1) }
            case .match: threads.hasMatch = true
            }
        }
    }
}

/// Why a text is no pattern that Corbel accepts.
struct PatternError: Error, Hashable {
    var message: String
}

/// A set of Unicode scalars.
struct ScalarSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    static let anyButNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)
    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let words = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

    static func one(_ scalar: Unicode.Scalar) -> ScalarSet { ScalarSet(ranges: [scalar.value...scalar.value]) }

    var negated: ScalarSet { ScalarSet(ranges: ranges, isNegated: !isNegated) }

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar.value) } != isNegated }

    /// The set with both cases of its ASCII letters.
    var ignoringCase: ScalarSet {
        let folded = ranges.flatMap { range -> [ClosedRange<UInt32>] in
            [(0x41...0x5A, 0x20), (0x61...0x7A, -0x20)].compactMap { (letters: ClosedRange<UInt32>, offset: Int64) in
                guard range.overlaps(letters) else { return nil }
                let part = range.clamped(to: letters)
                return UInt32(Int64(part.lowerBound) + offset)...UInt32(Int64(part.upperBound) + offset)
            }
        }
        return ScalarSet(ranges: ranges + folded, isNegated: isNegated)
    }
}
