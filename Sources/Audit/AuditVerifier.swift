public import CorbelAPI
public import Effects
import PKI

/// Looks whether an audit is as it was written.
public struct AuditVerifier: Sendable {
    /// Something that is not as it was written, or that the reader should know.
    public struct Finding: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// A line does not fit its digest, or the line before.
            case altered
            /// Lines are missing.
            case removed
            /// A line stands where it does not belong.
            case reordered
            /// The end is missing.
            case cut
            /// A line that was being written when the process ended, or is being written now. No damage.
            case torn
        }

        public var kind: Kind
        public var file: String
        /// The line in the file, from 1; 0 where none is meant.
        public var line: Int
        public var message: String

        public var json: JSONValue {
            [
                "kind": .string(kind.rawValue), "file": .string(file), "line": JSONValue(line),
                "message": .string(message),
            ]
        }
    }

    /// What was found.
    public struct Report: Sendable, Hashable {
        public var findings: [Finding]
        public var lines: Int
        public var first: Int?
        public var last: Int?
        /// The digest of the last line.
        public var digest: String

        public var isIntact: Bool { findings.allSatisfy { $0.kind == .torn } }
    }

    /// A line that somebody has written down elsewhere.
    public struct KnownLine: Sendable, Hashable {
        public var sequence: Int
        public var digest: String

        public init(sequence: Int, digest: String) {
            self.sequence = sequence
            self.digest = digest
        }
    }

    /// Reads all files of a directory.
    ///
    /// - Throws: `notFound` where there is no audit.
    public static func verify(
        _ directory: AuditDirectory, files: any FileReader, known: [KnownLine] = []
    ) async throws -> Report {
        let entries = try await files.list(directory.path)
        let logs = entries.compactMap { entry in
            AuditDirectory.firstSequence(ofFile: entry.name).map { (name: entry.name, first: $0, size: entry.size) }
        }.sorted { $0.first < $1.first }
        var head: AuditHead?
        if try await files.exists(directory.headPath) {
            head = AuditHead(try await files.read(directory.headPath, limit: 4096))
        }
        var chain = AuditChain(known: known, head: head)
        for log in logs {
            chain.open(log.name, first: log.first, isLast: log.first == logs.last?.first)
            chain.read(try await files.read("\(directory.path)/\(log.name)", limit: max(log.size * 2, 1 << 20)))
        }
        return chain.finish()
    }
}

/// The chain of lines, as a reader follows it.
struct AuditChain {
    private var known: [Int: String]
    private let head: AuditHead?
    private var findings: [AuditVerifier.Finding] = []
    private var lines = 0
    private var first: Int?
    private var last: (sequence: Int, digest: String)?
    private var file = ""
    private var number = 0
    /// Bytes that are no line, until a line says that it knows of them.
    private var unreadable: [UInt8] = []
    private var unreadableLine = 0
    private var isLastFile = false

    init(known: [AuditVerifier.KnownLine], head: AuditHead?) {
        self.head = head
        self.known = Dictionary(known.map { ($0.sequence, $0.digest) }) { $1 }
    }

    mutating func open(_ name: String, first: Int, isLast: Bool) {
        isLastFile = isLast
        file = name
        number = 0
        if let last, first > last.sequence + 1 {
            add(.removed, "lines \(last.sequence + 1) to \(first - 1) are missing before this file")
            self.last = nil
        }
        // What was before is not here to be compared with; before the first line of all there was nothing.
        if last == nil { last = (first - 1, first == 1 ? AuditLine.noDigest : "") }
        if self.first == nil { self.first = first }
    }

    mutating func read(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A)
            number += 1
            let line = rest[..<(end ?? rest.endIndex)]
            rest = end.map { rest[($0 + 1)...] } ?? []
            if let parsed = AuditLine(line), end != nil {
                take(parsed)
            } else {
                if unreadable.isEmpty { unreadableLine = number } else { unreadable.append(0x0A) }
                unreadable += line
            }
        }
        if isLastFile, bytes.last != 0x0A, !unreadable.isEmpty, unreadableLine == number {
            // What is missing of it, head.json tells, if it was there for long.
            add(.torn, "the audit ends in the midst of a line", at: number)
            unreadable = []
        }
        settleUnreadable()
    }

    private mutating func take(_ line: AuditLine) {
        lines += 1
        if !unreadable.isEmpty {
            if line.json["event"] == "torn", line.json["tornBytes"]?.intValue == unreadable.count,
                line.json["tornDigest"] == .string(SHA256Digest.hexadecimal(of: unreadable))
            {
                let bytes = unreadable.count
                unreadable = []
                add(.torn, "\(bytes) bytes of a line that was being written when the server ended", at: unreadableLine)
            } else {
                settleUnreadable()
            }
        }
        follow(line)
        if line.json["event"] == "gap", let expected = line.json["expected"]?.intValue {
            add(.cut, "when the server started here, lines up to \(expected) were missing", at: number)
        }
        if let digest = known[line.sequence], digest != line.digest {
            add(
                .altered, "line \(line.sequence) is not the one that was noted: its digest is \(line.digest)",
                at: number)
        }
        known[line.sequence] = nil
        if let head, head.sequence == line.sequence, head.digest != line.digest {
            add(.altered, "line \(line.sequence) is not the one that head.json knows", at: number)
        }
    }

    private mutating func settleUnreadable() {
        guard !unreadable.isEmpty else { return }
        unreadable = []
        add(.altered, "this line does not fit its digest", at: unreadableLine)
        // The altered line counts as there: what follows is held against itself.
        if let last { self.last = (last.sequence + 1, "") }
    }

    private mutating func follow(_ line: AuditLine) {
        guard let last else {
            self.last = (line.sequence, line.digest)
            return
        }
        if line.sequence <= last.sequence {
            add(.reordered, "line \(line.sequence) stands behind line \(last.sequence)", at: number)
            return
        }
        if line.sequence > last.sequence + 1 {
            add(.removed, "lines \(last.sequence + 1) to \(line.sequence - 1) are missing here", at: number)
        } else if line.previous != last.digest, !last.digest.isEmpty {
            add(.altered, "the line before line \(line.sequence) is not the one that it was written behind", at: number)
        }
        self.last = (line.sequence, line.digest)
    }

    private mutating func add(_ kind: AuditVerifier.Finding.Kind, _ message: String, at line: Int = 0) {
        findings.append(.init(kind: kind, file: file, line: line, message: message))
    }

    mutating func finish() -> AuditVerifier.Report {
        if let head {
            let reached = last?.sequence ?? 0
            if reached < head.sequence {
                add(.cut, "the audit ends with line \(reached), and line \(head.sequence) was there")
            }
            if let first, first > head.oldest {
                add(.removed, "the audit begins with line \(first), and line \(head.oldest) was not given up")
            }
        } else if first != nil {
            add(.removed, "head.json is missing or unreadable: whether the end was cut cannot be told")
        }
        for sequence in known.keys.sorted() {
            add(.removed, "line \(sequence), which was noted, is not there")
        }
        return .init(
            findings: findings, lines: lines, first: first, last: last?.sequence, digest: last?.digest ?? "")
    }
}
