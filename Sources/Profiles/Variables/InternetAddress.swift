/// The textual forms of internet addresses.
enum InternetAddress {
    /// Four decimal numbers up to 255 without leading zeros, such as `10.0.0.1`.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { number($0, upTo: 255) }
    }

    /// An IPv4 address and the length of a prefix, such as `10.0.0.0/16`.
    static func isIPv4CIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && isIPv4(parts[0]) && number(parts[1], upTo: 32)
    }

    /// The forms of RFC 4291, section 2.2, without a zone: eight groups, `::` once, an IPv4 address at the end.
    static func isIPv6(_ text: String) -> Bool {
        guard let gap = text.firstRange(of: "::") else { return groups(text[...], mayEndInIPv4: true) == 8 }
        let rest = text[gap.upperBound...]
        guard let before = groups(text[..<gap.lowerBound], mayEndInIPv4: false),
            let after = groups(rest, mayEndInIPv4: true)
        else { return false }
        return before + after <= 7
    }

    /// How many groups of 16 bits the text stands for; `nil` where it is none.
    private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> Int? {
        guard !text.isEmpty else { return 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let endsInIPv4 = mayEndInIPv4 && parts.last.map { $0.contains(".") && isIPv4($0) } ?? false
        let isValid = parts.dropLast(endsInIPv4 ? 1 : 0).allSatisfy { part in
            (1...4).contains(part.utf8.count) && part.allSatisfy { $0.isASCII && $0.isHexDigit }
        }
        return isValid ? parts.count + (endsInIPv4 ? 1 : 0) : nil
    }

    private static func number(_ text: some StringProtocol, upTo limit: Int) -> Bool {
        guard (1...3).contains(text.utf8.count), text == "0" || text.first != "0",
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text)
        else { return false }
        return number <= limit
    }
}
