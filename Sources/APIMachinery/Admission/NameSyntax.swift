/// The syntaxes of names, labels and annotations. Each check answers with what is allowed, or nil where the text fits.
/// Source: "Object Names and IDs" and "Labels and Selectors" of Kubernetes' documentation.
enum NameSyntax {
    static let subdomainLimit = 253
    static let labelLimit = 63

    /// A DNS subdomain (RFC 1123): what most names of objects are.
    static func subdomainProblem(_ text: String) -> String? {
        guard text.utf8.count <= subdomainLimit else { return "must be no more than \(subdomainLimit) characters" }
        let isValid = text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
        return isValid
            ? nil
            : "a lowercase RFC 1123 subdomain must consist of lower case letters, digits, '-' and '.', "
                + "and start and end with a letter or digit (such as example.com)"
    }

    /// One segment of a path: the names of roles, such as `system:discovery`.
    static func pathSegmentProblem(_ text: String) -> String? {
        guard text.utf8.count <= subdomainLimit else { return "must be no more than \(subdomainLimit) characters" }
        if text == "." || text == ".." { return "may not be '\(text)'" }
        let refused = text.unicodeScalars.first { $0 == "/" || $0 == "%" || $0.value < 0x20 || $0.value == 0x7F }
        return refused.map {
            $0.value < 0x20 || $0.value == 0x7F ? "may not hold control characters" : "may not contain '\($0)'"
        }
    }

    /// A DNS label (RFC 1123): the name of a namespace.
    static func labelProblem(_ text: String) -> String? {
        guard text.utf8.count <= labelLimit else { return "must be no more than \(labelLimit) characters" }
        return isDNSLabel(text[...])
            ? nil
            : "a lowercase RFC 1123 label must consist of lower case letters, digits and '-', "
                + "and start and end with a letter or digit (such as my-name)"
    }

    /// The key of a label or an annotation: a name with an optional DNS prefix and `/`.
    static func qualifiedNameProblem(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let name = parts.last else {
            return "must be a name with an optional DNS prefix and one '/' (such as example.com/MyName)"
        }
        if parts.count == 2, parts[0].isEmpty { return "its prefix must not be empty" }
        if parts.count == 2, let problem = subdomainProblem(String(parts[0])) {
            return "its prefix is wrong: \(problem)"
        }
        guard !name.isEmpty, name.utf8.count <= labelLimit else {
            return "its name must have 1 to \(labelLimit) characters"
        }
        return isLabelText(name) ? nil : "its name \(labelTextRule)"
    }

    /// The value of a label, which may be empty.
    static func labelValueProblem(_ text: String) -> String? {
        guard text.utf8.count <= labelLimit else { return "must be no more than \(labelLimit) characters" }
        return text.isEmpty || isLabelText(text[...]) ? nil : labelTextRule
    }

    private static let labelTextRule =
        "must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit (such as my.value)"

    private static func isDNSLabel(_ text: Substring) -> Bool {
        bounded(text.utf8, by: { isLower($0) || isDigit($0) }, orWithin: { $0 == UInt8(ascii: "-") })
    }

    private static func isLabelText(_ text: Substring) -> Bool {
        bounded(
            text.utf8, by: { isLower($0) || isDigit($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) },
            orWithin: { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") })
    }

    /// Whether all bytes are allowed, and the first and the last are of those that may stand at an end.
    private static func bounded(
        _ bytes: Substring.UTF8View, by isEnd: (UInt8) -> Bool, orWithin isInner: (UInt8) -> Bool
    ) -> Bool {
        guard let first = bytes.first, let last = bytes.last, isEnd(first), isEnd(last) else { return false }
        return bytes.allSatisfy { isEnd($0) || isInner($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
