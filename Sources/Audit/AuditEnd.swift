import CorbelAPI
import Effects
import PKI

/// Where an audit ends, as the next process finds it.
struct AuditEnd: Sendable {
    /// Bytes behind the last line that are none.
    struct Torn: Sendable, Hashable {
        var bytes: Int
        var digest: String
        /// Whether the end of a line stands behind them.
        var hasEnd: Bool
    }

    var head: AuditHead
    /// The first lines of the files.
    var firsts: [Int]
    /// The length of the last file.
    var bytes = 0
    var torn: Torn?
    /// Whether the last line is whole but for its end.
    var missesLineEnd = false
    /// The line up to which lines were there once, where the audit ends before it.
    var missingUpTo: Int?

    /// How much of a file is looked through for its last line: more than any two lines have.
    private static let tailBytes = 1 << 20

    static func find(in directory: AuditDirectory, files: any FileStore) async throws -> AuditEnd {
        var noted: AuditHead?
        if try await files.exists(directory.headPath) {
            noted = AuditHead(try await files.read(directory.headPath, limit: 4096))
        }
        let entries = try await files.list(directory.path)
        let firsts = entries.compactMap { AuditDirectory.firstSequence(ofFile: $0.name) }.sorted()
        let oldest = noted?.oldest ?? firsts.first ?? 1
        var end = AuditEnd(head: AuditHead(sequence: 0, digest: AuditLine.noDigest, oldest: oldest), firsts: firsts)
        for (index, first) in firsts.enumerated().reversed() {
            let path = directory.logPath(from: first)
            let size = try await files.entry(at: path)?.size ?? 0
            if index == firsts.count - 1 { end.bytes = size }
            let offset = max(0, size - tailBytes)
            let tail = try await files.read(path, at: Int64(offset), count: size - offset)
            // What is torn is only looked for in the file that is written on.
            if end.read(tail, isLastFile: index == firsts.count - 1) { break }
        }
        guard let noted, noted.sequence > end.head.sequence else { return end }
        end.missingUpTo = noted.sequence
        // The numbers are not given a second time.
        end.head.sequence = noted.sequence
        if end.firsts.isEmpty { end.head.digest = noted.digest }
        return end
    }

    /// Looks for the last line; answers whether there is one.
    private mutating func read(_ tail: [UInt8], isLastFile: Bool) -> Bool {
        var end = tail.endIndex
        while end > tail.startIndex {
            let hasEnd = tail[end - 1] == 0x0A
            let content = tail[..<(hasEnd ? end - 1 : end)]
            let start = content.lastIndex(of: 0x0A).map { $0 + 1 } ?? tail.startIndex
            // Only the very last line can be there without its end.
            if hasEnd || isLastFile, let line = AuditLine(content[start...]) {
                missesLineEnd = !hasEnd
                head.sequence = line.sequence
                head.digest = line.digest
                if isLastFile, end < tail.endIndex { torn = Self.torn(tail[end...]) }
                return true
            }
            end = start
        }
        if isLastFile, !tail.isEmpty { torn = Self.torn(tail[...]) }
        return false
    }

    private static func torn(_ bytes: ArraySlice<UInt8>) -> Torn {
        let hasEnd = bytes.last == 0x0A
        let content = Array(hasEnd ? bytes.dropLast() : bytes)
        return Torn(bytes: content.count, digest: SHA256Digest.hexadecimal(of: content), hasEnd: hasEnd)
    }
}
