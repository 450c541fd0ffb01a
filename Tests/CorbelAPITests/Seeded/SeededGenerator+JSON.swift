import CorbelAPI

extension SeededGenerator {
    /// Any JSON value whose numbers are finite, arrays and objects `depth` deep at most.
    mutating func json(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &self) {
        case 0: .null
        case 1: .bool(Bool.random(using: &self))
        case 2: .integer(integer())
        case 3: .double(finiteDouble())
        case 4: .string(text())
        case 5: .array((0..<length()).map { _ in json(depth: depth - 1) })
        default: .object(JSONObject((0..<length()).map { _ in (text(), json(depth: depth - 1)) }) { $1 })
        }
    }

    private mutating func length() -> Int { Int.random(in: 0...4, using: &self) }

    private mutating func integer() -> Int64 {
        let shift = Int.random(in: 0..<64, using: &self)
        return Int64(truncatingIfNeeded: next()) >> Int64(shift)
    }

    private mutating func finiteDouble() -> Double {
        let value = Double(bitPattern: next())
        return value.isFinite ? value : Double(integer())
    }

    /// What a writer has to escape, what it must not, both spellings of one letter, and every length of UTF-8.
    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "/", "\"", "\\", "\u{00}", "\u{08}", "\t", "\n", "\r", "\u{1F}", "\u{7F}", "\u{E9}", "e", "\u{301}",
        "\u{2028}", "\u{FFFD}", "\u{FFFF}", "\u{10000}", "\u{1F600}", "\u{10FFFF}",
    ]

    private mutating func text() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<length() { text.append(element(of: Self.scalars)) }
        return String(text)
    }
}
