import Effects
import PKI
import ScriptedEffects
import Testing

@testable import HostLinux

@Suite("Slots as partitions")
struct PartitionSlotsTests {
    private static let capacity = 64 << 10
    private let disk = TornDisk(["/a": Self.blank, "/b": Self.blank])

    private static var blank: [UInt8] { [UInt8](repeating: 0xFF, count: capacity + 2 * SlotLabel.blockSize) }

    private func slots(booted: String = "root=/dev/sda2 corbel.slot=A quiet") -> PartitionSlots {
        PartitionSlots(a: "/a", b: "/b", devices: disk, files: FixedFiles(contents: ["/proc/cmdline": booted]))
    }

    private func image(_ bytes: [UInt8], _ version: String = "1.1.0") -> SlotImage {
        SlotImage(
            version: version, digest: "sha256:" + SHA256Digest.hexadecimal(of: bytes), byteCount: Int64(bytes.count))
    }

    private func bytes(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed) &+ $0 >> 8) }
    }

    /// Writes what is missing of an image, in pieces, and finishes.
    private func write(_ content: [UInt8], _ version: String = "1.1.0", through slots: PartitionSlots) async throws {
        let writer = try await slots.openInactiveSlot(for: image(content, version))
        do {
            var offset = Int(try await writer.durableBytes())
            while offset < content.count {
                let next = min(offset + 10_000, content.count)
                try await writer.write(Array(content[offset..<next]))
                offset = next
            }
            try await writer.finish()
        } catch {
            await writer.close()
            throw error
        }
    }

    @Test("a partition that was never written is empty")
    func empty() async throws {
        #expect(try await slots().content(of: .a) == .empty)
        #expect(try await slots().content(of: .b) == .empty)
    }

    @Test("an image goes into the slot that is not booted, and is found there", arguments: [SlotName.a, .b])
    func writes(booted: SlotName) async throws {
        let slots = slots(booted: "corbel.slot=\(booted.rawValue)")
        let content = bytes(50_000)
        try await write(content, through: slots)
        #expect(try await slots.content(of: booted.other) == .complete(image(content)))
        #expect(try await slots.content(of: booted) == .empty)
        #expect(disk[booted.other == .a ? "/a" : "/b"].starts(with: content))
        #expect(disk[booted == .a ? "/a" : "/b"] == Self.blank)
    }

    @Test("an image may fill the slot up to its labels, and no more")
    func capacity() async throws {
        let content = bytes(Self.capacity)
        try await write(content, through: slots())
        #expect(try await slots().content(of: .b) == .complete(image(content)))
        let before = disk["/b"]
        let error = await effectError {
            try await slots().openInactiveSlot(for: image(bytes(Self.capacity + 1)))
        }
        #expect(error?.code == .noSpace)
        #expect(disk["/b"] == before)
    }

    @Test("a writer that was closed is continued by the next one for the same image")
    func resumes() async throws {
        let slots = slots()
        let content = bytes(50_000)
        let first = try await slots.openInactiveSlot(for: image(content))
        try await first.write(Array(content[..<30_000]))
        await first.close()
        #expect(try await slots.content(of: .b) == .partial(image(content), durableBytes: 30_000))
        let second = try await slots.openInactiveSlot(for: image(content))
        #expect(try await second.durableBytes() == 30_000)
        try await second.write(Array(content[30_000...]))
        try await second.finish()
        #expect(try await slots.content(of: .b) == .complete(image(content)))
    }

    @Test("another image begins anew")
    func anotherImage() async throws {
        let slots = slots()
        let first = try await slots.openInactiveSlot(for: image(bytes(50_000)))
        try await first.write(bytes(30_000))
        await first.close()
        let second = try await slots.openInactiveSlot(for: image(bytes(50_000, seed: 2), "1.2.0"))
        #expect(try await second.durableBytes() == 0)
        #expect(
            try await slots.content(of: .b) == .partial(image(bytes(50_000, seed: 2), "1.2.0"), durableBytes: 0))
    }

    @Test("a content with another digest is corrupt, and the slot is empty then")
    func wrongDigest() async throws {
        let slots = slots()
        let content = bytes(20_000)
        let writer = try await slots.openInactiveSlot(for: image(content))
        try await writer.write(bytes(20_000, seed: 9))
        #expect(await effectError { try await writer.finish() }?.code == .corrupt)
        #expect(try await slots.content(of: .b) == .empty)
        try await write(content, through: slots)
        #expect(try await slots.content(of: .b) == .complete(image(content)))
    }

    @Test("a bit that rots while the image is written is found when it is finished")
    func rot() async throws {
        let content = bytes(20_000)
        let writer = try await slots().openInactiveSlot(for: image(content))
        try await writer.write(content)
        disk["/b"][12_345] ^= 1
        #expect(await effectError { try await writer.finish() }?.code == .corrupt)
    }

    @Test("an image is finished with all of its bytes and takes no more")
    func lengths() async throws {
        let content = bytes(20_000)
        let writer = try await slots().openInactiveSlot(for: image(content))
        try await writer.write(Array(content[..<10_000]))
        #expect(await effectError { try await writer.finish() }?.code == .invalid)
        #expect(await effectError { try await writer.write(bytes(10_001)) }?.code == .invalid)
        try await writer.write(Array(content[10_000...]))
        try await writer.finish()
        #expect(await effectError { try await writer.write([1]) }?.code == .invalid)
    }

    @Test("one writer at a time, and the next after it is finished or closed")
    func oneWriter() async throws {
        let slots = slots()
        let content = bytes(1000)
        let first = try await slots.openInactiveSlot(for: image(content))
        #expect(await effectError { try await slots.openInactiveSlot(for: image(content)) }?.code == .busy)
        await first.close()
        try await write(content, through: slots)
        try await write(bytes(1000, seed: 3), through: slots)
    }

    @Test("a description that no label holds is refused")
    func longDescription() async throws {
        var long = image(bytes(10))
        long.version = String(repeating: "1", count: 257)
        #expect(await effectError { try await slots().openInactiveSlot(for: long) }?.code == .invalid)
    }

    @Test(
        "the booted slot is the last that the kernel's command line names",
        arguments: [
            ("corbel.slot=A", SlotName.a), ("quiet corbel.slot=B\n", .b), ("corbel.slot=A corbel.slot=B", .b),
            ("corbel.slot=C", nil), ("corbel.slot=a", nil), ("xcorbel.slot=A", nil), ("corbel.slot=", nil), ("", nil),
        ])
    func booted(line: String, slot: SlotName?) async throws {
        let slots = slots(booted: line)
        if let slot {
            #expect(try await slots.bootedSlot() == slot)
        } else {
            #expect(await effectError { try await slots.bootedSlot() }?.code == .notFound)
            #expect(await effectError { try await slots.openInactiveSlot(for: image([])) }?.code == .notFound)
        }
    }

    // MARK: Power cuts

    @Test(
        "whichever write the power is cut in, the slot says what is true, and the next attempt brings the image up",
        arguments: [0, 0.3, 0.999, 1])
    func powerCuts(share: Double) async throws {
        let old = bytes(40_000, seed: 5)
        let new = bytes(45_000, seed: 6)
        try await write(old, "1.0.0", through: slots())
        let start = disk["/b"]
        let before = disk.writeCount
        try await write(new, through: slots())
        let writes = disk.writeCount - before
        #expect(writes > 8)
        for number in 1...writes {
            disk["/b"] = start
            disk.cutPower(inWrite: number, keeping: share)
            await #expect(throws: (any Error).self) { try await write(new, through: slots()) }
            disk.restorePower()
            try await expectTruth(old: old, new: new, number)
            try await write(new, through: slots())
            #expect(try await slots().content(of: .b) == .complete(image(new)))
            #expect(disk["/b"].starts(with: new))
        }
    }

    private func expectTruth(old: [UInt8], new: [UInt8], _ number: Int) async throws {
        switch try await slots().content(of: .b) {
        case .empty: Issue.record("the cut in write \(number) left nothing to go on with")
        case .partial(let found, let count):
            #expect(found == image(new))
            #expect(disk["/b"].prefix(Int(count)).elementsEqual(new.prefix(Int(count))))
        case .complete(let found):
            let content = found.version == "1.0.0" ? old : new
            #expect(found == image(content, found.version))
            #expect(disk["/b"].starts(with: content), "write \(number)")
        }
    }

    @Test("a label that is damaged later brings back nothing older than what is there", arguments: [0, 1])
    func damagedLabel(copy: Int) async throws {
        try await write(bytes(40_000, seed: 5), "1.0.0", through: slots())
        let content = bytes(45_000, seed: 6)
        let writer = try await slots().openInactiveSlot(for: image(content))
        let afterOpening = disk["/b"]
        try await writer.write(content)
        try await writer.finish()
        for var device in [afterOpening, disk["/b"]] {
            device[Self.capacity + copy * SlotLabel.blockSize + 100] ^= 1
            disk["/b"] = device
            switch try await slots().content(of: .b) {
            case .complete(let found), .partial(let found, _): #expect(found == image(content))
            case .empty: Issue.record("the other copy is whole")
            }
        }
    }
}
