import APIServer
import CorbelAPI
import Effects
import Logging
import ScriptedEffects
import Testing

@testable import Audit

/// An audit in memory.
private struct World {
    static let directory = AuditDirectory(path: "/data/audit")

    let files = MemoryFiles()
    let time = HandTime()

    func open(fileBytes: Int = 1 << 20, fileCount: Int = 8) async throws -> AuditLog {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await AuditLog.open(
            Self.directory, files: files, time: time, limits: .init(fileBytes: fileBytes, files: fileCount),
            version: "1", logger: logger)
    }

    /// An audit of the server's start and `count` requests, known to its end.
    static func written(_ count: Int, fileBytes: Int = 1 << 20, fileCount: Int = 8) async throws -> World {
        let world = World()
        let log = try await world.open(fileBytes: fileBytes, fileCount: fileCount)
        for index in 0..<count { await log.record(world.record("c\(index)")) }
        await log.synchronize()
        return world
    }

    func record(_ name: String) -> AuditRecord {
        let request = APIRequest(
            method: "PUT", path: "/api/v1/namespaces/default/configmaps/\(name)",
            user: UserInfo(name: "ada", groups: ["devs"]), source: "10.0.0.1")
        return AuditRecord(request, code: 200, at: time.now)
    }

    func verify(known: [AuditVerifier.KnownLine] = []) async throws -> AuditVerifier.Report {
        try await AuditVerifier.verify(Self.directory, files: files, known: known)
    }

    /// The names of the files of lines.
    var logs: [String] { files.texts.keys.filter { $0.hasSuffix(".log") }.sorted() }

    func lines(_ path: String) -> [String] {
        (files.texts[path] ?? "").split(separator: "\n").map(String.init)
    }

    func rewrite(_ path: String, _ lines: [String]) async throws {
        try await files.writeDurably(path, Array(lines.map { $0 + "\n" }.joined().utf8), mode: 0o600)
    }

    /// The line with another content and a digest that fits it.
    func forged(_ line: String, _ change: (inout JSONValue) -> Void) throws -> String {
        var json = try JSONValue(parsing: Array(line.utf8))
        let sequence = json["sequence"]?.intValue ?? 0
        let previous = json["previous"]?.stringValue ?? ""
        for field in ["sequence", "previous", "digest"] { json[field] = nil }
        change(&json)
        let bytes = AuditLine.encode(json, sequence: sequence, previous: previous).bytes
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}

@Suite("The audit's chain")
struct AuditChainTests {
    @Test("An audit that nobody touched is whole, and says where it ends")
    func whole() async throws {
        let world = try await World.written(9)
        let report = try await world.verify()
        #expect(report.isIntact && report.findings.isEmpty)
        #expect((report.lines, report.first, report.last) == (10, 1, 10))
        #expect(try await world.verify(known: [.init(sequence: 10, digest: report.digest)]).isIntact)
    }

    /// Ways to tamper with ten lines, the first of which is line 1.
    enum Tampering: String, CaseIterable {
        case altered, alteredLast, forgedMiddle, forgedLast, removedMiddle, removedTwo, removedFirst, swapped, doubled
        case cutOne, cutAll, garbage, emptied, headGone, bitFlipped
    }

    @Test("Every kind of tampering shows", arguments: Tampering.allCases)
    func tampering(_ kind: Tampering) async throws {
        let world = try await World.written(9)
        let path = try #require(world.logs.first)
        var lines = world.lines(path)
        #expect(lines.count == 10)
        let expected: AuditVerifier.Finding.Kind
        switch kind {
        case .altered:
            lines[4] = lines[4].replacing("ada", with: "eve")
            expected = .altered
        case .alteredLast:
            lines[9] = lines[9].replacing("ada", with: "eve")
            expected = .altered
        case .bitFlipped:
            lines[3] = lines[3].replacing("\"code\":200", with: "\"code\":201")
            expected = .altered
        case .forgedMiddle:
            lines[4] = try world.forged(lines[4]) { $0["user", "name"] = "eve" }
            expected = .altered
        case .forgedLast:
            lines[9] = try world.forged(lines[9]) { $0["user", "name"] = "eve" }
            expected = .altered
        case .removedMiddle:
            lines.remove(at: 4)
            expected = .removed
        case .removedTwo:
            lines.removeSubrange(4...5)
            expected = .removed
        case .removedFirst:
            lines.removeFirst()
            expected = .removed
        case .swapped:
            lines.swapAt(4, 5)
            expected = .reordered
        case .doubled:
            lines.insert(lines[4], at: 5)
            expected = .reordered
        case .cutOne:
            lines.removeLast()
            expected = .cut
        case .cutAll:
            lines = Array(lines.prefix(1))
            expected = .cut
        case .garbage:
            lines.insert("{}", at: 5)
            expected = .altered
        case .emptied:
            lines = []
            expected = .cut
        case .headGone:
            try await world.files.remove(World.directory.headPath)
            expected = .removed
        }
        try await world.rewrite(path, lines)
        let report = try await world.verify()
        #expect(!report.isIntact, "\(kind)")
        #expect(report.findings.contains { $0.kind == expected }, "\(kind): \(report.findings)")
    }

    @Test("Every single changed byte shows")
    func bytes() async throws {
        let world = try await World.written(2)
        let path = try #require(world.logs.first)
        let whole = Array((world.files.texts[path] ?? "").utf8)
        for index in whole.indices {
            var changed = whole
            changed[index] = changed[index] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
            try await world.files.writeDurably(path, changed, mode: 0o600)
            #expect(try await !world.verify().isIntact, "byte \(index)")
        }
    }

    @Test("An audit that is written anew as a whole shows against a line that was noted")
    func writtenAnew() async throws {
        let world = try await World.written(9)
        let noted = try await world.verify()
        let line = AuditVerifier.KnownLine(sequence: 10, digest: noted.digest)
        let other = World()
        let log = try await other.open()
        for index in 0..<9 { await log.record(other.record("x\(index)")) }
        await log.synchronize()
        #expect(try await other.verify().isIntact)
        #expect(try await !other.verify(known: [line]).isIntact)
        let shorter = try await World.written(3)
        #expect(try await !shorter.verify(known: [line]).isIntact)
    }
}

@Suite("The audit's files")
struct AuditFileTests {
    @Test("Files are followed by others, the oldest are given up, and the chain goes on")
    func rotation() async throws {
        let world = try await World.written(200, fileBytes: 4000, fileCount: 3)
        #expect(world.logs.count == 3)
        let report = try await world.verify()
        #expect(report.isIntact, "\(report.findings)")
        #expect(report.last == 201 && (report.first ?? 0) > 100)
        // One that was not given up is missed.
        try await world.files.remove(try #require(world.logs.first))
        #expect(try await world.verify().findings.map(\.kind) == [.removed])
    }

    @Test("A file in the middle is missed")
    func middle() async throws {
        let world = try await World.written(100, fileBytes: 4000)
        try await world.files.remove(world.logs[1])
        #expect(try await world.verify().findings.map(\.kind) == [.removed])
    }

    @Test("Another process goes on where the last one ended")
    func reopened() async throws {
        let world = try await World.written(9)
        let log = try await world.open()
        await log.record(world.record("later"))
        await log.synchronize()
        let report = try await world.verify()
        #expect(report.findings.isEmpty && report.last == 12)
    }

    @Test("A line that is whole but for its end counts")
    func withoutEnd() async throws {
        let world = try await World.written(9)
        let path = try #require(world.logs.first)
        let digest = try await world.verify().digest
        let next = AuditLine.encode(["event": "request"], sequence: 11, previous: digest).bytes
        let whole = Array((world.files.texts[path] ?? "").utf8)
        try await world.files.writeDurably(path, whole + next.dropLast(), mode: 0o600)
        let log = try await world.open()
        await log.synchronize()
        let report = try await world.verify()
        #expect(report.findings.isEmpty && report.last == 12, "\(report.findings)")
    }

    @Test("A torn line is told, and the chain goes on", arguments: [1, 60, 150])
    func torn(count: Int) async throws {
        let world = try await World.written(9)
        let path = try #require(world.logs.first)
        let whole = Array((world.files.texts[path] ?? "").utf8)
        // The process ended while it wrote a line: any number of its bytes is there, but not its end.
        let digest = try await world.verify().digest
        let next = AuditLine.encode(["event": "request"], sequence: 11, previous: digest).bytes
        let part = next.prefix(min(count, next.count - 1))
        try await world.files.writeDurably(path, whole + part, mode: 0o600)
        let log = try await world.open()
        await log.record(world.record("later"))
        await log.synchronize()
        let report = try await world.verify()
        #expect(report.isIntact, "\(report.findings)")
        #expect(report.findings.map(\.kind) == [.torn] && report.last == 13)
        // What was torn is part of the chain from then on.
        var lines = world.lines(path)
        lines[10] = String(lines[10].dropLast()) + "~"
        try await world.rewrite(path, lines)
        #expect(try await !world.verify().isIntact)
    }

    @Test("An end that was cut while the server was away stays told after it goes on")
    func cutWhileAway() async throws {
        let world = try await World.written(9)
        let path = try #require(world.logs.first)
        try await world.rewrite(path, Array(world.lines(path).prefix(5)))
        let log = try await world.open()
        await log.record(world.record("later"))
        await log.synchronize()
        let report = try await world.verify()
        #expect(!report.isIntact && report.findings.contains { $0.kind == .cut })
    }

    @Test("Lines that come at the same time are all written, in one order")
    func concurrency() async throws {
        let world = World()
        let log = try await world.open()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<200 { group.addTask { await log.record(world.record("c\(index)")) } }
        }
        await log.synchronize()
        let report = try await world.verify()
        #expect(report.isIntact && report.lines == 201)
    }
}

@Suite("What is audited")
struct AuditHandlerTests {
    /// Answers as it is told.
    private struct Answering: RequestHandler {
        var code = 200

        func handle(_ request: APIRequest) async -> APIResponse { .document(.init(status: code, body: [])) }
    }

    private static let ada = UserInfo(name: "ada", groups: ["devs"])
    private static let maps = "/api/v1/namespaces/default/configmaps"

    private func lines(_ requests: [APIRequest], code: Int = 200) async throws -> [JSONValue] {
        let world = World()
        let log = try await world.open()
        let handler = AuditHandler(
            Answering(code: code), log: log, time: world.time, unwatchedPaths: ["/registration/heartbeat"])
        for request in requests { _ = await handler.handle(request) }
        let path = try #require(world.logs.first)
        return try world.lines(path).map { try JSONValue(parsing: Array($0.utf8)) }.filter { $0["event"] == "request" }
    }

    @Test(
        "Changes and refusals are written down, reading is not",
        arguments: [
            ("GET", maps, 200, 0), ("GET", maps + "/a", 404, 0), ("GET", maps, 403, 1), ("GET", "/api", 401, 1),
            ("POST", maps, 201, 1), ("POST", maps, 409, 1), ("PUT", maps + "/a", 200, 1),
            ("PATCH", maps + "/a", 422, 1),
            ("DELETE", maps + "/a", 200, 1), ("DELETE", maps, 200, 1),
            ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, 0),
            ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", 403, 1),
            ("POST", "/registration/v1alpha1/hosts", 200, 1), ("POST", "/registration/heartbeat", 200, 0),
            ("POST", "/registration/heartbeat", 403, 1),
        ])
    func which(method: String, path: String, code: Int, count: Int) async throws {
        let request = APIRequest(method: method, path: path, user: Self.ada)
        #expect(try await lines([request], code: code).count == count)
    }

    @Test("A line says who, as whom, from where, what and what came of it, and nothing of bodies and headers")
    func content() async throws {
        let secret = "c2VjcmV0"
        let request = APIRequest(
            method: "PATCH", path: "/apis/corbel.dev/v1alpha1/namespaces/a/edgehosts/h/status",
            query: [("dryRun", "All"), ("fieldManager", secret)], userAgent: "kubectl/v1.32", body: Array(secret.utf8),
            user: Self.ada, impersonation: Impersonation(user: "bob", groups: ["ops"]), source: "10.0.0.9")
        let line = try #require(try await lines([request], code: 409).first)
        #expect(line["user"] == ["name": "ada", "groups": ["devs"]])
        #expect(line["impersonated"] == ["name": "bob", "groups": ["ops"]])
        #expect(line["source"] == "10.0.0.9" && line["userAgent"] == "kubectl/v1.32" && line["code"] == 409)
        #expect(line["verb"] == "patch" && line["dryRun"] == true)
        #expect(
            line["object"] == [
                "group": "corbel.dev", "version": "v1alpha1", "resource": "edgehosts", "subresource": "status",
                "namespace": "a", "name": "h",
            ])
        #expect(!line.encodedText.contains(secret))
    }

    @Test("A flood of strangers is counted, and does not push out what matters")
    func flood() async throws {
        let stranger = APIRequest(method: "POST", path: Self.maps, user: .anonymous)
        let known = APIRequest(method: "POST", path: Self.maps, user: Self.ada)
        let found = try await lines(Array(repeating: stranger, count: 1000) + [known], code: 403)
        #expect(found.count < 300 && found.last?["user", "name"] == "ada")
    }

    @Test("Strangers do not push anything out with what they may do either, nor does a user with refusals")
    func otherFloods() async throws {
        let stranger = APIRequest(method: "POST", path: "/registration/v1alpha1/hosts", user: .anonymous)
        #expect(try await lines(Array(repeating: stranger, count: 1000), code: 400).count < 300)
        let known = APIRequest(method: "POST", path: Self.maps, user: Self.ada)
        #expect(try await lines(Array(repeating: known, count: 500), code: 403).count < 300)
        #expect(try await lines(Array(repeating: known, count: 500), code: 201).count == 500)
    }

    @Test("A file that cannot be followed by another is gone on with, and refuses nothing")
    func failingRotation() async throws {
        let world = World()
        let files = FailingFiles(world.files)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let log = try await AuditLog.open(
            World.directory, files: files, time: world.time, limits: .init(fileBytes: 1000, files: 8), version: "1",
            logger: logger)
        files.takesLinesOnly = true
        for index in 0..<10 { await log.record(world.record("c\(index)")) }
        try await log.requireWorking()
        #expect(world.logs.count == 1)
        files.takesLinesOnly = false
        for index in 10..<20 { await log.record(world.record("c\(index)")) }
        await log.synchronize()
        #expect(world.logs.count > 1)
        let report = try await world.verify()
        #expect(report.isIntact && report.lines == 21, "\(report.findings)")
    }

    @Test("Nobody changes anything while nothing can be written, and what waited is written afterwards")
    func failing() async throws {
        let world = World()
        let files = FailingFiles(world.files)
        let log = try await AuditLog.open(
            World.directory, files: files, time: world.time, version: "1", logger: Logger(label: "test"))
        let handler = AuditHandler(Answering(), log: log, time: world.time)
        let change = APIRequest(method: "POST", path: Self.maps, user: Self.ada)
        files.isFull = true
        // The first is carried out: nobody knew yet. Its line waits.
        #expect(await handler.handle(change).status == 200)
        #expect(await handler.handle(change).status == 503)
        #expect(await handler.handle(APIRequest(method: "GET", path: Self.maps, user: Self.ada)).status == 200)
        files.isFull = false
        #expect(await handler.handle(change).status == 200)
        await log.synchronize()
        let report = try await world.verify()
        #expect(report.isIntact && report.lines == 3)
    }
}

extension APIResponse {
    fileprivate var status: Int {
        if case .document(let document) = self { document.status } else { 0 }
    }
}
