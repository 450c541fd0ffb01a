import HostPlan
import Testing

@Suite("Boot variables and what the boot loader does with them")
struct BootTests {
    private static let trial: BootVariables = {
        var variables = BootVariables(committed: .a)
        variables.first = .b
        variables.b.triesLeft = 1
        return variables
    }()

    @Test("a block survives the way to disk and back")
    func roundTrip() {
        var variables = Self.trial
        variables.sequence = .max
        variables.a.isFailed = true
        let block = variables.encode()
        #expect(block.count == BootVariables.blockSize)
        #expect(BootVariables.decode(block) == variables)
    }

    @Test("every block with one byte changed is found damaged")
    func damage() {
        let block = Self.trial.encode()
        for index in block.indices {
            var damaged = block
            damaged[index] ^= 0x20
            #expect(BootVariables.decode(damaged) == nil, "byte \(index)")
        }
    }

    @Test(
        "garbage is no block",
        arguments: [[], [0], Array(repeating: 0, count: 512), Array(repeating: 0xFF, count: 512)])
    func garbage(_ bytes: [UInt8]) {
        #expect(BootVariables.decode(bytes) == nil)
        #expect(BootBlocks(first: bytes, second: bytes).current == nil)
    }

    @Test("a torn write leaves the older copy, wherever it tears")
    func tornWrite() {
        let blocks = BootBlocks.initial(committed: .a)
        let write = blocks.write(Self.trial)
        let old = write.copy == 0 ? blocks.first : blocks.second
        for length in 0..<BootVariables.blockSize {
            let torn = Array(write.bytes.prefix(length)) + old.dropFirst(length)
            let after =
                write.copy == 0
                ? BootBlocks(first: torn, second: blocks.second) : BootBlocks(first: blocks.first, second: torn)
            let isWhole = torn == write.bytes
            #expect(after.current?.first == (isWhole ? .b : .a), "torn at \(length)")
        }
    }

    @Test("writes go to the copies in turn, and the newest counts")
    func turns() {
        var blocks = BootBlocks.initial(committed: .b)
        var copies: [Int] = []
        for tries in 1...4 {
            var variables = Self.trial
            variables.b.triesLeft = tries
            let write = blocks.write(variables)
            copies.append(write.copy)
            blocks.apply(write)
            #expect(blocks.current?.b.triesLeft == tries)
        }
        #expect(copies == [0, 1, 0, 1])
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var variables: BootVariables?
        var slot: Slot
        var triesLeftAfter: Int?
        var testDescription: String { name }

        init(_ name: String, _ slot: Slot, triesLeftAfter: Int? = nil, _ change: ((inout BootVariables) -> Void)? = nil)
        {
            self.name = name
            self.slot = slot
            self.triesLeftAfter = triesLeftAfter
            guard let change else { return }
            var variables = BootVariables(committed: .b)
            change(&variables)
            self.variables = variables
        }
    }

    @Test(
        "the boot loader's choice",
        arguments: [
            Row("both copies damaged", .a),
            Row("committed first", .b) { _ in },
            Row("a slot on trial counts down", .a, triesLeftAfter: 1) {
                $0.first = .a
                $0.a.triesLeft = 2
            },
            Row("the last try", .a, triesLeftAfter: 0) {
                $0.first = .a
                $0.a.triesLeft = 1
            },
            Row("no tries left", .b) { $0.first = .a },
            Row("failed, although tries are left", .b) {
                $0.first = .a
                $0.a.triesLeft = 3
                $0.a.isFailed = true
            },
            Row("nothing may be started: the committed one", .b) {
                $0.first = .a
                $0.b.isSuccessful = false
            },
        ])
    func choice(_ row: Row) {
        var blocks = BootBlocks(first: [], second: [])
        if let variables = row.variables { blocks.apply(blocks.write(variables)) }
        let choice = BootChoice.choose(blocks)
        #expect(choice.slot == row.slot)
        #expect(choice.write?.variables[row.slot].triesLeft == row.triesLeftAfter)
    }
}
