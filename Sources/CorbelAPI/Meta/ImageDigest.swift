/// What names the content of an image: `sha256:` and 64 hexadecimal digits, at the end of its reference
/// (`registry.example/edge:2.1.0@sha256:…`; the OCI image specification's descriptor digest).
public enum ImageDigest {
    public static func isValid(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(7)
        return text.hasPrefix("sha256:") && digits.count == 64
            && digits.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    /// The digest that a reference ends with; nil where it names none.
    public static func of(reference: String) -> String? {
        guard let at = reference.lastIndex(of: "@") else { return nil }
        let digest = String(reference[reference.index(after: at)...])
        return isValid(digest) ? digest : nil
    }
}
