import Effects
import EffectsLinux
import ScriptedEffects
import Testing

@Suite("Devices")
struct LinuxDevicesTests {
    private let files = LinuxFiles()
    private let devices = LinuxDevices()

    /// Runs a test with a file of 1000 bytes that stands for a device.
    private func withDevice(_ body: (String) async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
            try await files.writeDurably("\(directory)/device", bytes, mode: 0o600)
            try await body("\(directory)/device")
        }
    }

    @Test("What is written in place is read back, and the rest and the length stay")
    func writes() async throws {
        try await withDevice { path in
            let device = try await devices.open(path, for: .writing)
            #expect(device.byteCount == 1000)
            try await device.write([1, 2, 3], at: 997)
            try await device.write([9], at: 0)
            try await device.forgetCache()
            #expect(try await device.read(at: 996, count: 4) == [228, 1, 2, 3])
            await device.close()
            let bytes = try await files.read(path, limit: 2000)
            #expect(bytes.count == 1000)
            #expect(bytes[..<2] == [9, 1])
        }
    }

    @Test("A link leads to its device, as in /dev/disk")
    func links() async throws {
        try await withDevice { path in
            let linking = Command("ln", ["-s", "device", path + "-by-label"])
            _ = try await SubprocessRunner().run(linking)
            let device = try await devices.open(path + "-by-label", for: .reading)
            #expect(device.byteCount == 1000)
        }
    }

    @Test("Nothing outside the device is read or written", arguments: [(-1, 1), (1000, 1), (0, 1001), (Int64.max, 2)])
    func bounds(offset: Int64, count: Int) async throws {
        try await withDevice { path in
            let device = try await devices.open(path, for: .writing)
            #expect(await effectError { try await device.read(at: offset, count: count) }?.code == .invalid)
            let bytes = [UInt8](repeating: 7, count: count)
            #expect(await effectError { try await device.write(bytes, at: offset) }?.code == .invalid)
            #expect(try await files.entry(at: path)?.size == 1000)
        }
    }

    @Test("A device that was opened for reading, or is closed, is not written")
    func refusesWriting() async throws {
        try await withDevice { path in
            let reader = try await devices.open(path, for: .reading)
            #expect(await effectError { try await reader.write([7], at: 0) } != nil)
            let closed = try await devices.open(path, for: .writing)
            await closed.close()
            await closed.close()
            #expect(await effectError { try await closed.write([7], at: 0) }?.code == .invalid)
            #expect(try await files.read(path, limit: 2000).first == 0)
        }
    }

    @Test("What is no device is refused")
    func refusesOthers() async throws {
        try await ScratchDirectory.with { directory in
            func code(_ path: String) async -> EffectError.Code? {
                await effectError { try await devices.open(path, for: .reading) }?.code
            }
            #expect(await code("\(directory)/absent") == .notFound)
            #expect(await code(directory) == .invalid)
            #expect(await code("/dev/null") == .invalid)
            #expect(await code("relative") == .invalid)
        }
    }
}
