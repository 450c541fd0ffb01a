import CorbelAPI
import Effects
import HostPlan

/// The files of the agent on the persistent partition: the journal, the images that were downloaded, the last settings.
///
///     journal            what the host was doing
///     images/<digest>    an image; `<digest>.part` while it is being fetched
///     settings.json      the bootstrap Secret's settings and the Kubernetes layer of the running revision
///     etcd-members       how many members the host's etcd had when it was last heard
struct HostRecordFiles: Sendable {
    let directory: String
    let files: any FileStore

    private var journalPath: String { directory + "/journal" }
    private var imageDirectory: String { directory + "/images" }
    private var settingsPath: String { directory + "/settings.json" }
    private var memberCountPath: String { directory + "/etcd-members" }

    func prepare() async throws {
        try await files.makeDirectory(directory, mode: 0o700)
        try await files.makeDirectory(imageDirectory, mode: 0o700)
    }

    func journal() async throws -> [UInt8]? {
        guard try await files.exists(journalPath) else { return nil }
        return try await files.read(journalPath, limit: 16 << 20)
    }

    func append(_ entry: JournalEntry) async throws {
        try await files.append(journalPath, HostJournal.encode([entry]), mode: 0o600)
    }

    func rewrite(_ entries: [JournalEntry]) async throws {
        try await files.writeDurably(journalPath, HostJournal.encode(entries), mode: 0o600)
    }

    func imagePath(_ digest: String) -> String {
        imageDirectory + "/" + digest.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Makes room: of the images that were fetched, at most one is needed again.
    func removeImages(butNot digest: String) async throws {
        let kept = imagePath(digest)
        for entry in try await files.list(imageDirectory) where !"\(imageDirectory)/\(entry.name)".hasPrefix(kept) {
            try await files.remove("\(imageDirectory)/\(entry.name)")
        }
    }

    /// How many bytes an image may have to be fetched: what is free, and what the one before it takes.
    func imageRoom() async throws -> Int64 {
        let held = try await files.list(imageDirectory).reduce(Int64(0)) { $0 + Int64($1.size) }
        return try await files.freeBytes(at: imageDirectory) + held
    }

    /// How many members etcd had when it was last heard: an etcd that has started without its quorum answers nothing.
    func etcdMemberCount() async throws -> Int? {
        guard try await files.exists(memberCountPath) else { return nil }
        return Int(String(decoding: try await files.read(memberCountPath, limit: 64), as: UTF8.self))
    }

    func save(etcdMemberCount count: Int) async throws {
        if try await etcdMemberCount() == count { return }
        try await files.writeDurably(memberCountPath, Array(String(count).utf8), mode: 0o600)
    }

    func settings() async throws -> JSONValue? {
        guard try await files.exists(settingsPath) else { return nil }
        return try JSONValue(parsing: try await files.read(settingsPath, limit: 4 << 20))
    }

    func save(settings: JSONValue) async throws {
        try await files.writeDurably(settingsPath, settings.encoded, mode: 0o600)
    }
}
