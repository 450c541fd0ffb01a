/// Hides aliases from the library's parser, which would expand them while it hashes keys: a text of a few hundred
/// bytes could then cost any amount of time. The composer finds the hidden aliases and expands them within its
/// budget.
///
/// The sign `*` before a name becomes a private-use character of the same width, so that lines and columns stay true.
/// Where it turns out to be part of a text and no alias, ``restoring(_:)`` brings it back.
enum AliasShield {
    /// A private-use scalar of the last plane, which no font or protocol uses.
    static let sign: Unicode.Scalar = "\u{10FFF0}"

    static func shielding(_ text: String) throws(YAMLError) -> String {
        var shielded = String.UnicodeScalarView()
        var line = 1
        var column = 1
        var previousIsStar = false
        for scalar in text.unicodeScalars {
            if scalar == sign { throw YAMLError("character U+10FFF0 is not accepted", line: line, column: column) }
            if previousIsStar { shielded.append(isName(scalar) ? sign : "*") }
            previousIsStar = scalar == "*"
            if !previousIsStar { shielded.append(scalar) }
            column += 1
            if scalar == "\n" {
                line += 1
                column = 1
            }
        }
        if previousIsStar { shielded.append("*") }
        return String(shielded)
    }

    static func restoring(_ text: String) -> String {
        guard text.unicodeScalars.contains(sign) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == sign ? "*" : $0 }))
    }

    /// The name of the alias that a plain scalar stands for.
    static func alias(in plain: String) -> String? {
        plain.unicodeScalars.first == sign ? String(plain.unicodeScalars.dropFirst()) : nil
    }

    /// The characters of anchors that libyaml accepts.
    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "a"..."z", "A"..."Z", "_", "-": true
        default: false
        }
    }
}
