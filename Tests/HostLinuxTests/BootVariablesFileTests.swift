import Effects
import EffectsLinux
import HostLinux
import ScriptedEffects
import Testing

@Suite("The boot loader's variables in a file")
struct BootVariablesFileTests {
    private let files = LinuxFiles()

    private func withFile(_ body: (String, BootVariablesFile) async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            let path = directory + "/variables"
            try await body(path, BootVariablesFile(path: path, files: files, devices: LinuxDevices()))
        }
    }

    private func block(_ byte: UInt8) -> [UInt8] {
        [UInt8](repeating: byte, count: BootVariablesFile.blockSize)
    }

    @Test("a block that was never written is empty, whether the file is there or not")
    func empty() async throws {
        try await withFile { path, variables in
            #expect(try await variables.readBlock(0).isEmpty)
            #expect(try await !files.exists(path))
            try await files.writeDurably(path, [UInt8](repeating: 0, count: 8192), mode: 0o600)
            #expect(try await variables.readBlock(1).isEmpty)
        }
    }

    @Test("each block lies in place, and a write of one leaves the other and the file")
    func places() async throws {
        try await withFile { path, variables in
            try await variables.writeBlock(1, block(1))
            #expect(try await variables.readBlock(0).isEmpty)
            let inode = try await inode(of: path)
            try await variables.writeBlock(0, block(2))
            try await variables.writeBlock(1, block(3))
            #expect(try await variables.readBlock(0) == block(2))
            #expect(try await variables.readBlock(1) == block(3))
            let bytes = try await files.read(path, limit: 1 << 16)
            #expect(bytes.count == 8192)
            #expect(bytes[..<512].elementsEqual(block(2)) && bytes[4096..<4608].elementsEqual(block(3)))
            #expect(try await self.inode(of: path) == inode)
        }
    }

    private func inode(of path: String) async throws -> [UInt8] {
        try await SubprocessRunner().run(Command("stat", ["--format=%i", path])).output
    }

    @Test("a block of another length, and a file of another length, are refused", arguments: [0, 511, 513, 4096])
    func lengths(count: Int) async throws {
        try await withFile { path, variables in
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(await effectError { try await variables.writeBlock(0, bytes) }?.code == .invalid)
            try await files.writeDurably(path, bytes, mode: 0o600)
            #expect(await effectError { try await variables.readBlock(0) }?.code == .corrupt)
            #expect(await effectError { try await variables.writeBlock(0, block(1)) }?.code == .corrupt)
        }
    }
}
