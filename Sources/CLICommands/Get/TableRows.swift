import CorbelAPI

/// Rows of a server's table (`meta.k8s.io/v1` Table) as they are printed.
struct TableRows: Sendable {
    private var columns: [(index: Int, name: String)] = []
    let isWide: Bool
    let showsNamespace: Bool

    init(isWide: Bool, showsNamespace: Bool) {
        self.isWide = isWide
        self.showsNamespace = showsNamespace
    }

    /// The table as text. Columns are those of the first table that describes any.
    mutating func table(_ json: JSONValue) -> TextTable {
        let definitions = json["columnDefinitions"]?.arrayValue ?? []
        if !definitions.isEmpty {
            columns = definitions.enumerated().filter { isWide || $1["priority"]?.intValue ?? 0 == 0 }
                .map { ($0, $1["name"]?.stringValue ?? "") }
        }
        let header = (showsNamespace ? ["Namespace"] : []) + columns.map(\.name)
        return TextTable(header, (json["rows"]?.arrayValue ?? []).map(cells))
    }

    private func cells(_ row: JSONValue) -> [String] {
        let cells = row["cells"]?.arrayValue ?? []
        let namespace = showsNamespace ? [row["object", "metadata", "namespace"]?.stringValue ?? ""] : []
        return namespace + columns.map { cells.indices.contains($0.index) ? Self.text(cells[$0.index]) : "" }
    }

    private static func text(_ cell: JSONValue) -> String {
        switch cell {
        case .null: "<none>"
        case .string(let text): text
        default: cell.encodedText
        }
    }
}
