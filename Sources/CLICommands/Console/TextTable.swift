/// A table for a terminal: columns of the width of their longest cell, three spaces apart, as kubectl prints them.
struct TextTable: Sendable, Hashable {
    var header: [String]
    var rows: [[String]]

    init(_ header: [String], _ rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// The header in capitals, and the rows.
    var text: String { Self.text(of: [header.map { $0.uppercased() }] + rows, widths) }

    /// The rows alone, in the columns of a table that was printed before.
    func rows(below other: TextTable) -> String { Self.text(of: rows, other.widths) }

    private var widths: [Int] {
        header.indices.map { column in
            ([header] + rows).map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
    }

    private static func text(of lines: [[String]], _ widths: [Int]) -> String {
        lines.map { cells in
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            let line = padded.joined(separator: "   ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
