/// A parsed pattern.
indirect enum PatternNode: Sendable {
    case set(ScalarSet)
    case start
    case end
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// `maximum` is `nil` for any number.
    case repetition(PatternNode, minimum: Int, maximum: Int?)
}

/// Makes instructions of a parsed pattern (Thompson's construction).
struct PatternCompiler {
    private(set) var program: [Pattern.Instruction] = []

    mutating func append(_ node: PatternNode) throws(PatternError) {
        guard program.count <= Pattern.instructionLimit else {
            throw PatternError(
                message: "the pattern is too large: repetitions multiply to more than \(Pattern.instructionLimit) steps"
            )
        }
        switch node {
        case .set(let set): program.append(.set(set))
        case .start: program.append(.start)
        case .end: program.append(.end)
        case .sequence(let nodes): for node in nodes { try append(node) }
        case .alternatives(let nodes): try append(alternatives: nodes)
        case .repetition(let node, let minimum, let maximum):
            for _ in 0..<minimum { try append(node) }
            if let maximum {
                try append(optional: node, times: maximum - minimum)
            } else {
                try append(anyNumberOf: node)
            }
        }
    }

    private mutating func append(alternatives nodes: [PatternNode]) throws(PatternError) {
        var exits: [Int] = []
        for node in nodes.dropLast() {
            let split = program.count
            program.append(.split(split + 1, 0))
            try append(node)
            exits.append(program.count)
            program.append(.jump(0))
            program[split] = .split(split + 1, program.count)
        }
        if let last = nodes.last { try append(last) }
        for exit in exits { program[exit] = .jump(program.count) }
    }

    private mutating func append(optional node: PatternNode, times: Int) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(program.count)
            program.append(.split(program.count + 1, 0))
            try append(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }

    private mutating func append(anyNumberOf node: PatternNode) throws(PatternError) {
        let split = program.count
        program.append(.split(split + 1, 0))
        try append(node)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
    }
}
