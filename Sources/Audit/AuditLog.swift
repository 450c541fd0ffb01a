import CorbelAPI
public import Effects
public import Logging
import PKI

/// Writes the audit: lines in files of a bounded size and number, each bearing the digest of the one before.
///
/// ``record(_:)`` returns when the line is written: it outlives this process from then on, and reaches the disk within
/// a second. Lines that come at the same time are written together. Where lines cannot be written, ``requireWorking()``
/// refuses, and those that wait are written as soon as they can be.
public actor AuditLog {
    public struct Limits: Sendable {
        /// A file that has reached so many bytes is followed by another.
        public var fileBytes: Int
        /// The oldest files beyond this number are given up.
        public var files: Int

        public init(fileBytes: Int = 32 << 20, files: Int = 32) {
            self.fileBytes = fileBytes
            self.files = files
        }
    }

    /// How often what was written is made durable.
    private static let interval = Duration.seconds(1)
    /// How many lines wait at most while none can be written.
    private static let waitingLimit = 10_000
    /// Lines that come while so many bytes wait are counted only.
    private static let unwrittenLimit = 8 << 20
    private static let mode: UInt16 = 0o600

    private let directory: AuditDirectory
    private let files: any FileStore
    private let time: any TimeSource
    private let limits: Limits
    private let logger: Logger

    private var head: AuditHead
    private var writtenHead: AuditHead?
    private var current: (path: String, bytes: Int)
    /// The first lines of the files, the current one last.
    private var firsts: [Int]

    private var records: [AuditRecord] = []
    /// Chained lines that could not be written yet.
    private var unwritten: [UInt8] = []
    private var omitted = 0
    private var isWriting = false
    private var waiting: [CheckedContinuation<Bool, Never>] = []
    private var failure: StatusError?
    private var rotationHasFailed = false

    private init(
        _ directory: AuditDirectory, _ end: AuditEnd, files: any FileStore, time: any TimeSource, limits: Limits,
        logger: Logger
    ) {
        self.directory = directory
        self.files = files
        self.time = time
        self.limits = limits
        self.logger = logger
        head = end.head
        firsts = end.firsts
        current = (directory.logPath(from: end.firsts.last ?? end.head.sequence + 1), end.bytes)
        if firsts.isEmpty { firsts = [end.head.sequence + 1] }
    }

    /// Opens the audit in a directory, which is made where it is missing. What the last process left unfinished, or
    /// what somebody has cut off since, is written down first.
    public static func open(
        _ directory: AuditDirectory, files: any FileStore, time: any TimeSource, limits: Limits = Limits(),
        version: String, logger: Logger
    ) async throws -> AuditLog {
        try await files.makeDirectory(directory.path, mode: 0o700)
        let end = try await AuditEnd.find(in: directory, files: files)
        let log = AuditLog(directory, end, files: files, time: time, limits: limits, logger: logger)
        await log.begin(end, version: version)
        return log
    }

    private func begin(_ end: AuditEnd, version: String) async {
        if end.missesLineEnd { unwritten.append(0x0A) }
        if let torn = end.torn {
            if !torn.hasEnd { unwritten.append(0x0A) }
            logger.warning("the last line of the audit was torn; the audit says so and goes on")
            let details: JSONValue = ["tornBytes": JSONValue(torn.bytes), "tornDigest": .string(torn.digest)]
            records.append(AuditRecord(event: "torn", at: time.now, details))
        }
        if let expected = end.missingUpTo {
            logger.error("the audit ends before line \(expected), which was there: somebody has cut it, or a disk has")
            records.append(AuditRecord(event: "gap", at: time.now, ["expected": JSONValue(expected)]))
        }
        await record(AuditRecord(event: "started", at: time.now, ["version": .string(version)]))
    }

    /// Refuses while lines cannot be written: nobody changes anything unseen.
    public func requireWorking() async throws {
        guard failure != nil else { return }
        await flush()
        if let failure { throw failure }
    }

    /// Writes a line. It is counted only while too many wait; a refusal, while nothing can be written.
    public func record(_ record: AuditRecord) async {
        guard records.count < Self.waitingLimit, failure == nil || !record.isRefusal else {
            omitted += 1
            return
        }
        records.append(record)
        await flush()
    }

    /// Counts a line that is not written, so that a flood of refusals does not push out what matters.
    func omit() { omitted += 1 }

    /// Writes what waits. One caller writes for all; the lines that come meanwhile are the next one's.
    private func flush() async {
        if isWriting {
            let leads = await withCheckedContinuation { waiting.append($0) }
            guard leads else { return }
        }
        isWriting = true
        let served = waiting
        waiting = []
        await writeRecords()
        for other in served { other.resume(returning: false) }
        if waiting.isEmpty {
            isWriting = false
        } else {
            waiting.removeFirst().resume(returning: true)
        }
    }

    private func writeRecords() async {
        chainRecords()
        let bytes = unwritten
        guard !bytes.isEmpty else {
            failure = nil
            return
        }
        do {
            try await files.appendLazily(current.path, bytes, mode: Self.mode)
        } catch {
            if failure == nil { logger.error("the audit cannot be written: \(error)") }
            failure = StatusError(
                .serviceUnavailable, "the audit cannot be written, so nothing may be changed now",
                retryAfter: .seconds(1))
            return
        }
        unwritten = []
        current.bytes += bytes.count
        failure = nil
        if current.bytes >= limits.fileBytes { await tryToRotate() }
    }

    /// Makes lines of what was recorded, as far as there is room for them.
    private func chainRecords() {
        let hasRoom = unwritten.count < Self.unwrittenLimit
        if hasRoom, omitted > 0, !records.isEmpty {
            records.insert(AuditRecord(event: "omitted", at: time.now, ["lines": JSONValue(omitted)]), at: 0)
            omitted = 0
        }
        for record in records {
            guard unwritten.count < Self.unwrittenLimit else {
                omitted += 1
                continue
            }
            let line = AuditLine.encode(record.json, sequence: head.sequence + 1, previous: head.digest)
            head.sequence += 1
            head.digest = line.digest
            unwritten += line.bytes
        }
        records = []
    }

    // MARK: Files

    /// Where no other file can be begun, lines go on in this one, and the next write tries again.
    private func tryToRotate() async {
        do {
            try await rotate()
            rotationHasFailed = false
        } catch {
            if !rotationHasFailed { logger.warning("the audit goes on in a file that is full: \(error)") }
            rotationHasFailed = true
        }
    }

    private func rotate() async throws {
        try await files.synchronize(current.path)
        let first = head.sequence + 1
        let all = firsts + [first]
        let kept = Array(all.suffix(max(1, limits.files)))
        var reached = head
        reached.oldest = kept.first ?? first
        // Whoever finds the old files gone shall know that they were given up.
        try await writeHead(reached)
        head.oldest = reached.oldest
        firsts = kept
        current = (directory.logPath(from: first), 0)
        for sequence in all.dropLast(kept.count) { await giveUp(directory.logPath(from: sequence)) }
    }

    private func giveUp(_ path: String) async {
        do {
            try await files.remove(path)
        } catch {
            logger.warning("an old file of the audit cannot be removed: \(error)")
        }
    }

    private func writeHead(_ head: AuditHead) async throws {
        try await files.writeDurably(directory.headPath, head.json.encoded, mode: Self.mode)
        writtenHead = head
    }

    /// Makes what was written durable, again and again, until it is cancelled.
    public func run() async throws {
        do {
            while true {
                try await time.sleep(for: Self.interval)
                await synchronize()
            }
        } catch {
            await synchronize()
            throw error
        }
    }

    /// Makes what was written durable, and notes how far it reaches.
    public func synchronize() async {
        if failure != nil { await flush() }
        let reached = head
        guard reached != writtenHead, unwritten.isEmpty, !isWriting else { return }
        do {
            try await files.synchronize(current.path)
            // The files came first: what the head names is there.
            if writtenHead.map({ $0.sequence < reached.sequence }) ?? true { try await writeHead(reached) }
        } catch {
            logger.warning("the audit is not durable yet: \(error)")
        }
    }
}
