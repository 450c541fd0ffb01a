import Effects
import Testing

@testable import HostLinux

@Suite("The label of a slot")
struct SlotLabelTests {
    private static let image = SlotImage(version: "1.2.3", digest: "sha256:ab", byteCount: 1 << 40)

    @Test(
        "a label is read as it was written",
        arguments: [SlotState.empty, .partial(image, durableBytes: 12), .complete(image)])
    func roundTrip(state: SlotState) {
        let label = SlotLabel(generation: .max, state: state)
        #expect(label.encoded.count == SlotLabel.blockSize)
        #expect(SlotLabel.decode(label.encoded) == label)
    }

    @Test("a label with any byte of its text changed is none")
    func damage() {
        let whole = SlotLabel(generation: 7, state: .complete(Self.image)).encoded
        let length = whole.prefix { $0 != 0 }.count
        for index in 0..<length {
            var block = whole
            block[index] ^= 0x20
            #expect(SlotLabel.decode(block) == nil, "byte \(index)")
        }
    }

    @Test("what is no block is none", arguments: [0, 1, 512, 4095, 4097, 8192])
    func lengths(count: Int) {
        #expect(SlotLabel.decode([UInt8](repeating: 0, count: count)) == nil)
        #expect(SlotLabel.decode([UInt8](repeating: 0x0A, count: count)) == nil)
        let whole = SlotLabel(generation: 1, state: .empty).encoded
        #expect(SlotLabel.decode(Array((whole + whole).prefix(count))) == nil)
    }
}
