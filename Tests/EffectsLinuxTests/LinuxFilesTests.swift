import Effects
import EffectsLinux
import ScriptedEffects
import Testing

@Suite("Files")
struct LinuxFilesTests {
    let files = LinuxFiles()

    private func text(_ path: String) async throws -> String {
        String(decoding: try await files.read(path, limit: 1 << 20), as: UTF8.self)
    }

    private func shell(_ script: String) async throws {
        #expect(try await SubprocessRunner().run(Command("sh", ["-ec", script])).isSuccess)
    }

    // MARK: - Pieces and names

    @Test(
        "A piece of a file is read from where it is asked for, and ends where the file does",
        arguments: [(0, 3, "one"), (2, 5, "e two"), (5, 100, "wo"), (7, 1, ""), (100, 1, ""), (0, 0, "")])
    func pieces(offset: Int64, count: Int, piece: String) async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably("\(directory)/file", Array("one two".utf8), mode: 0o600)
            let bytes = try await files.read("\(directory)/file", at: offset, count: count)
            #expect(String(decoding: bytes, as: UTF8.self) == piece)
        }
    }

    @Test("A renamed file takes the place of the one that had the name")
    func renames() async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably("\(directory)/new", Array("new".utf8), mode: 0o600)
            try await files.writeDurably("\(directory)/name", Array("old".utf8), mode: 0o600)
            try await files.rename("\(directory)/new", to: "\(directory)/name")
            #expect(try await text("\(directory)/name") == "new")
            #expect(try await files.list(directory).map(\.name) == ["name"])
        }
    }

    @Test("A file that is not there, and another directory, are refused")
    func renamesWithin() async throws {
        try await ScratchDirectory.with { directory in
            let absent = await effectError { try await files.rename("\(directory)/absent", to: "\(directory)/name") }
            #expect(absent?.code == .notFound)
            try await files.writeDurably("\(directory)/file", [1], mode: 0o600)
            for target in ["\(directory)-elsewhere/file", "name", "\(directory)/.."] {
                let error = await effectError { try await files.rename("\(directory)/file", to: target) }
                #expect(error?.code == .invalid)
            }
            #expect(try await files.exists("\(directory)/file"))
        }
    }

    // MARK: - Writing durably

    @Test(
        "A durable write makes the file with exactly the mode that was asked for, and leaves nothing beside it",
        arguments: [0o600, 0o644, 0o666] as [UInt16])
    func durableWrite(mode: UInt16) async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably("\(directory)/file", Array("one".utf8), mode: mode)
            try await files.writeDurably("\(directory)/file", Array("two".utf8), mode: mode)
            #expect(try await text("\(directory)/file") == "two")
            #expect(try await files.list(directory) == [FileEntry(name: "file", kind: .file, size: 3, mode: mode)])
        }
    }

    @Test("A durable write replaces a link, and not what it points to")
    func durableWriteReplacesLink() async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably("\(directory)/target", Array("kept".utf8), mode: 0o600)
            try await shell("ln -s target \(directory)/link")
            try await files.writeDurably("\(directory)/link", Array("new".utf8), mode: 0o600)
            #expect(try await text("\(directory)/target") == "kept")
            #expect(try await files.entry(at: "\(directory)/link")?.kind == .file)
        }
    }

    @Test("A durable write onto a directory fails and leaves no temporary file")
    func durableWriteOntoDirectory() async throws {
        try await ScratchDirectory.with { directory in
            try await files.makeDirectory("\(directory)/sub", mode: 0o700)
            let error = await effectError { try await files.writeDurably("\(directory)/sub", [1], mode: 0o600) }
            #expect(error?.code == .alreadyExists)
            #expect(try await files.list(directory).map(\.name) == ["sub"])
        }
    }

    @Test("An error names the path and the reason")
    func errorNamesPath() async throws {
        let error = await effectError { try await files.writeDurably("/nowhere/file", [1], mode: 0o600) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("/nowhere/file") == true)
        #expect(error?.message.contains("No such file or directory") == true)
    }

    // MARK: - Writing in place

    @Test("Writing in place keeps the file and what lies behind the written bytes")
    func writeInPlace() async throws {
        try await ScratchDirectory.with { directory in
            let path = "\(directory)/env"
            try await files.writeDurably(path, Array("aaaaaa".utf8), mode: 0o600)
            try await shell("ln \(path) \(directory)/same")
            try await files.writeInPlace(path, Array("bb".utf8))
            #expect(try await text("\(directory)/same") == "bbaaaa")
        }
    }

    @Test("Writing in place never makes a file longer, makes one or follows a link")
    func writeInPlaceRefuses() async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably("\(directory)/short", [1, 2], mode: 0o600)
            try await shell("ln -s short \(directory)/link")
            #expect(
                await effectError { try await files.writeInPlace("\(directory)/short", [1, 2, 3]) }?.code == .invalid)
            #expect(await effectError { try await files.writeInPlace("\(directory)/none", [1]) }?.code == .notFound)
            #expect(
                await effectError { try await files.writeInPlace("\(directory)/link", [1]) }?.code == .alreadyExists)
            #expect(try await files.read("\(directory)/short", limit: 9) == [1, 2])
        }
    }

    // MARK: - Appending

    @Test("Appending makes the file and then lengthens it")
    func append() async throws {
        try await ScratchDirectory.with { directory in
            try await files.append("\(directory)/journal", Array("a\n".utf8), mode: 0o600)
            try await files.append("\(directory)/journal", Array("b\n".utf8), mode: 0o600)
            #expect(try await text("\(directory)/journal") == "a\nb\n")
        }
    }

    @Test("A full disk is an error of its own")
    func fullDisk() async throws {
        let error = await effectError { try await files.append("/dev/full", [1], mode: 0o600) }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("/dev/full") == true)
    }

    // MARK: - Reading

    @Test("Reading takes what fits the limit and refuses one byte more", arguments: [(0, true), (3, true), (2, false)])
    func readLimit(limit: Int, isFine: Bool) async throws {
        try await ScratchDirectory.with { directory in
            let content = [UInt8](repeating: 7, count: limit == 0 ? 0 : 3)
            try await files.writeDurably("\(directory)/file", content, mode: 0o600)
            let error = await effectError { try await files.read("\(directory)/file", limit: limit) }
            #expect(error?.code == (isFine ? nil : .tooLarge))
        }
    }

    @Test("A file of the kernel is read although it says that it is empty")
    func kernelFile() async throws {
        #expect(try await files.entry(at: "/proc/self/status")?.size == 0)
        #expect(try await text("/proc/self/status").hasPrefix("Name:"))
    }

    @Test("What is not there is nothing to look at and an error to read")
    func missing() async throws {
        #expect(try await files.entry(at: "/etc/passwd/none") == nil)
        #expect(try await !files.exists("/nowhere"))
        #expect(await effectError { try await files.read("/nowhere", limit: 1) }?.code == .notFound)
        #expect(await effectError { try await files.read("/etc", limit: 1) }?.code == .alreadyExists)
    }

    @Test("A path that is relative or holds a zero byte is refused", arguments: ["file", "", "/tmp/a\0b"])
    func badPath(path: String) async throws {
        #expect(await effectError { try await files.read(path, limit: 1) }?.code == .invalid)
        #expect(await effectError { try await files.remove(path) }?.code == .invalid)
    }

    @Test("A listing is sorted and says what each entry is")
    func list() async throws {
        try await ScratchDirectory.with { directory in
            try await shell("cd \(directory); mkdir b; touch c; ln -s c a; mkfifo d; chmod 600 c")
            let entries = try await files.list(directory)
            #expect(entries.map(\.name) == ["a", "b", "c", "d"])
            #expect(entries.map(\.kind) == [.symbolicLink, .directory, .file, .other])
            #expect(entries[2].mode == 0o600)
        }
    }

    @Test("Free bytes are those of the file system that holds the path")
    func freeBytes() async throws {
        #expect(try await files.freeBytes(at: "/tmp") > 0)
        #expect(try await files.freeBytes(at: "/proc") == 0)
        #expect(await effectError { try await files.freeBytes(at: "/nowhere") }?.code == .notFound)
    }

    // MARK: - Directories and removal

    @Test("Making a directory makes those above it, and is content with one that exists")
    func makeDirectory() async throws {
        try await ScratchDirectory.with { directory in
            try await files.makeDirectory("\(directory)/a/b/c", mode: 0o777)
            try await files.makeDirectory("\(directory)/a/b", mode: 0o700)
            #expect(try await files.entry(at: "\(directory)/a/b/c")?.mode == 0o777)
            try await files.writeDurably("\(directory)/file", [], mode: 0o600)
            for path in ["file", "file/below"] {
                let error = await effectError { try await files.makeDirectory("\(directory)/\(path)", mode: 0o700) }
                #expect(error?.code == .alreadyExists)
            }
        }
    }

    @Test("Removing takes a whole tree, whatever the names in it, and follows no link out of it")
    func remove() async throws {
        try await ScratchDirectory.with { directory in
            try await files.makeDirectory("\(directory)/tree/deep", mode: 0o700)
            try await files.writeDurably("\(directory)/kept", [1], mode: 0o600)
            try await shell(
                "cd \(directory)/tree; ln -s .. up; ln -s ../../kept deep/out; touch \"$(printf 'x\\377y')\"")
            try await files.remove("\(directory)/tree")
            try await files.remove("\(directory)/tree")
            try await files.remove("\(directory)/none/below")
            #expect(try await files.list(directory).map(\.name) == ["kept"])
        }
    }

    @Test("What is no entry of a directory is not removed", arguments: ["/", "/tmp/..", "/tmp/."])
    func removeRefuses(path: String) async throws {
        #expect(await effectError { try await files.remove(path) }?.code == .invalid)
    }
}
