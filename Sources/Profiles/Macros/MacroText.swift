/// Finds macros in texts: `{{ .corbel.… }}` and `{{ .spectro.… }}` on one line.
///
/// Other templates, such as the `{{ $labels.pod }}` of an alert, are none of ours and stay as they are.
enum MacroText {
    static func holdsMacro(_ text: String) -> Bool { next(in: text[...]) != nil }

    /// The first macro: where it stands, and what stands between its braces.
    static func next(in text: Substring) -> (range: Range<String.Index>, expression: String)? {
        var rest = text
        while let opening = rest.firstRange(of: "{{") {
            rest = rest[opening.upperBound...]
            let line = rest.prefix { !$0.isNewline }
            guard let closing = line.firstRange(of: "}}") else { continue }
            let expression = trimmed(line[..<closing.lowerBound])
            if expression.hasPrefix(".corbel.") || expression.hasPrefix(".spectro.") {
                return (opening.lowerBound..<closing.upperBound, String(expression))
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? start
    }
}
