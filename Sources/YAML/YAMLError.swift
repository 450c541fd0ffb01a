/// Why a text is no YAML that Corbel accepts, and where.
public struct YAMLError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String
    /// The line, counted from 1.
    public var line: Int
    /// The column, counted from 1 in Unicode scalars.
    public var column: Int

    public init(_ message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    public var description: String { "line \(line), column \(column): \(message)" }
}

/// What a text may cost. The bounds hold for everything that comes from outside.
public struct YAMLLimits: Sendable, Hashable {
    /// The length of the text in bytes.
    public var bytes: Int
    /// The number of values after every alias is expanded: what a small text of aliases of aliases would blow up.
    public var values: Int
    /// How deep values nest.
    public var depth: Int

    public init(bytes: Int = 3 << 20, values: Int = 250_000, depth: Int = 100) {
        self.bytes = bytes
        self.values = values
        self.depth = depth
    }
}
