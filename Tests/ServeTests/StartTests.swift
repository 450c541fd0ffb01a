import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ScriptedEffects
import Testing

@Suite("corbel serve says why it does not start", .timeLimit(.minutes(4)))
struct StartTests {
    private static let free = ["--listen", "127.0.0.1:0"]

    @Test(
        "where an option is wrong: the option, its value, and what is allowed",
        arguments: [
            (["--listen", "127.0.0.1"], ["--listen", "\"127.0.0.1\"", "HOST:PORT"]),
            (["--listen", "127.0.0.1:65536"], ["--listen", "\"127.0.0.1:65536\"", "HOST:PORT"]),
            (["--listen", ":7443"], ["--listen", "names no host"]),
            (["--listen", "192.0.2.1:0"], ["192.0.2.1:0", "no address of this machine"]),
            (["--listen", "no-such-host.invalid:0"], ["no-such-host.invalid", "no known name"]),
            (free + ["--heartbeat-timeout=0"], ["--heartbeat-timeout", "0 is not from 1 to 604800"]),
            (free + ["--heartbeat-timeout=-5"], ["--heartbeat-timeout", "-5"]),
            (free + ["--heartbeat-timeout=soon"], ["--heartbeat-timeout", "soon"]),
            (free + ["--log-level", "loud"], ["--log-level", "\"loud\"", "notice"]),
            (free + ["--data-directory", "x"], ["--data-directory"]),
            (free + ["--data-dir="], ["--data-dir"]),
        ])
    func options(_ options: [String], says parts: [String]) async throws {
        try await ScratchDirectory.with { directory in
            try await refuses(["--data-dir", directory + "/data"] + options, in: directory, says: parts)
        }
    }

    @Test("where another has the port, and where another has the directory")
    func taken() async throws {
        try await ScratchDirectory.with { directory in
            try await ServeProcess.run(in: directory + "/data") { server in
                let address = String(server.url.dropFirst("https://".count))
                try await refuses(
                    ["--data-dir", directory + "/other", "--listen", address], in: directory,
                    says: ["cannot listen on \(address): another program has it", "--listen"])
                try await refuses(
                    ["--data-dir", server.dataDirectory] + Self.free, in: directory,
                    says: ["\(server.dataDirectory) is in use by process \(server.pid)"])
                // Neither has disturbed the first.
                _ = try await server.client().get(Namespace.key(name: "default"))
                server.send(SIGTERM)
            }
        }
    }

    /// What is wrong with a data directory: the file, what is put into it (nothing: it is removed), and what is said.
    struct Damage: Sendable, CustomTestStringConvertible {
        var file: String
        var content: String?
        var says: [String]
        var testDescription: String { file + (content == nil ? " is missing" : " is damaged") }
    }

    @Test(
        "where the data directory is of a newer version or damaged, and leaves it as it is",
        arguments: [
            Damage(file: "VERSION", content: "99\n", says: ["newer version of Corbel", "99"]),
            Damage(file: "VERSION", content: "", says: ["VERSION", "no version"]),
            Damage(file: "pki/ca.key", content: "", says: ["pki/ca.key", "cannot be read"]),
            Damage(file: "pki/ca.pem", content: nil, says: ["pki/ca.pem", "missing", "registered host"]),
            Damage(file: "pki/ca.key", content: nil, says: ["ca.key", "missing", "registered host"]),
            Damage(file: "pki/revisions.key", content: "x", says: ["pki/revisions.key", "cannot be read"]),
            Damage(file: "store.sqlite", content: nil, says: ["store.sqlite", "missing or empty", "served before"]),
            Damage(file: "store.sqlite", content: "", says: ["store.sqlite", "missing or empty", "served before"]),
            Damage(file: "store.sqlite", content: "x", says: ["store.sqlite", "damaged", "it has 1 bytes"]),
            Damage(
                file: "store.sqlite", content: String(repeating: "no database\n", count: 500),
                says: ["store.sqlite", "is not a database"]),
        ])
    func damaged(_ damage: Damage) async throws {
        try await ScratchDirectory.with { directory in
            let files = LinuxFiles()
            try await ServeProcess.run(in: directory + "/data") { $0.send(SIGTERM) }
            let path = "\(directory)/data/\(damage.file)"
            if let content = damage.content {
                try await files.writeDurably(path, Array(content.utf8), mode: 0o600)
            } else {
                try await files.remove(path)
            }
            try await refuses(["--data-dir", directory + "/data"] + Self.free, in: directory, says: damage.says)
            #expect(try await files.exists(path) == (damage.content != nil))
            if let content = damage.content {
                #expect(try await files.read(path, limit: 1 << 16) == Array(content.utf8))
            }
        }
    }

    @Test("where the data directory is a file, or a place that cannot be written")
    func unusable() async throws {
        try await ScratchDirectory.with { directory in
            try await LinuxFiles().writeDurably(directory + "/file", [], mode: 0o600)
            for path in [directory + "/file", "/proc/corbel"] {
                try await refuses(["--data-dir", path] + Self.free, in: directory, says: [path])
            }
        }
    }

    @Test("a relative data directory begins at the working directory")
    func relative() async throws {
        try await ScratchDirectory.with { directory in
            try await LinuxFiles().writeDurably(directory + "/VERSION", Array("99\n".utf8), mode: 0o600)
            try await refuses(["--data-dir", "."] + Self.free, in: directory, says: ["\(directory)/.", "99"])
        }
    }

    private func refuses(
        _ arguments: [String], in directory: String, says parts: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let said = try await Corbel.run(["serve"] + arguments, in: directory)
        #expect(said.termination == .exited(1), sourceLocation: sourceLocation)
        #expect(said.output == "", sourceLocation: sourceLocation)
        #expect(said.errors.hasPrefix("error: "), "\(said.errors)", sourceLocation: sourceLocation)
        for part in parts {
            #expect(said.errors.contains(part), "\(part) in: \(said.errors)", sourceLocation: sourceLocation)
        }
        #expect(!said.errors.contains(".swift:"), "\(said.errors)", sourceLocation: sourceLocation)
    }
}
