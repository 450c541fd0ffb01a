/// One word of Swift source, as far as the house rules need to tell words apart.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier
        case number
        /// A literal between quotes; `text` holds what stands between them, without interpolations.
        case string
        /// A bracket, a separator, or a run of operator characters.
        case symbol
    }

    var kind: Kind
    var text: String
    /// Counted from 1.
    var line: Int
    /// Whether nothing stands between it and the token before it.
    var isAttached: Bool

    func isSymbol(_ text: String) -> Bool { kind == .symbol && self.text == text }

    func isWord(_ text: String) -> Bool { kind == .identifier && self.text == text }
}

/// One line of a comment.
struct Comment: Equatable {
    var text: String
    var line: Int
}
