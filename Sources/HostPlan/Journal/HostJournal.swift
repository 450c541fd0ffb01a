import CorbelAPI

/// The journal's format: one entry a line, eight hexadecimal digits of CRC-32C, a space, and the entry as JSON.
///
/// A power cut can tear the last line only, since a line is synced before the next is written; a torn last line is
/// dropped, because what it describes has not begun. Any other damage (a rotten sector, a file that was cut) is
/// reported, and what can be read is kept: every entry is whole in itself.
public enum HostJournal {
    /// More entries than this are compacted when the agent starts.
    public static let compactionLimit = 512

    public enum Damage: Sendable, Hashable {
        /// The last line is torn: nothing is lost.
        case tornTail
        /// That many lines cannot be read.
        case lines(Int)
    }

    public struct Replay: Sendable, Hashable {
        public var record: HostRecord
        /// How many entries were read.
        public var entries: Int
        public var damage: Damage?
    }

    public static func encode(_ entries: [JournalEntry]) -> [UInt8] {
        entries.flatMap { entry in
            let payload = entry.json.encoded
            return Array(Checksum.text(of: payload).utf8) + [UInt8(ascii: " ")] + payload + [UInt8(ascii: "\n")]
        }
    }

    /// Reads a journal. Any bytes may be given.
    public static func replay(_ bytes: some Collection<UInt8>) -> Replay {
        var replay = Replay(record: HostRecord(), entries: 0, damage: nil)
        var lines = Array(bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let tail = lines.popLast()
        for line in lines {
            guard let entry = decode(line) else {
                replay.addDamagedLine()
                continue
            }
            replay.record.apply(entry)
            replay.entries += 1
        }
        if let tail, !tail.isEmpty, replay.damage == nil { replay.damage = .tornTail }
        return replay
    }

    private static func decode(_ line: ArraySlice<UInt8>) -> JournalEntry? {
        let payload = Array(line.dropFirst(9))
        guard line.count > 9, Array(line.prefix(9)) == Array((Checksum.text(of: payload) + " ").utf8),
            let json = try? JSONValue(parsing: payload)
        else { return nil }
        return JournalEntry(json: json)
    }
}

extension HostJournal.Replay {
    fileprivate mutating func addDamagedLine() {
        if case .lines(let count) = damage { damage = .lines(count + 1) } else { damage = .lines(1) }
    }
}
