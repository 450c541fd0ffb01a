extension BootVariables {
    /// The size of a block in bytes: one sector, the unit that a disk writes whole.
    public static let blockSize = 512

    private static let header = "corbel-boot 1"

    /// One block: lines of `name=value`, padding, and the checksum of all before it. It is text, so that a person at a
    /// rescue shell can read it.
    public func encode() -> [UInt8] {
        let lines = [
            Self.header, "sequence=\(sequence)", "committed=\(committed.rawValue)", "first=\(first.rawValue)",
            "a=\(a.text)", "b=\(b.text)",
        ]
        var bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
        precondition(bytes.count <= Self.payloadSize, "boot variables do not fit into a block")
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "#"), count: Self.payloadSize - bytes.count))
        return bytes + Array(Checksum.text(of: bytes).utf8)
    }

    /// - Returns: `nil` for whatever is not a whole block of this format. Any bytes may be given.
    public static func decode(_ block: some Collection<UInt8>) -> BootVariables? {
        let bytes = Array(block)
        guard bytes.count == blockSize else { return nil }
        let payload = Array(bytes[..<payloadSize])
        guard Array(bytes[payloadSize...]) == Array(Checksum.text(of: payload).utf8) else { return nil }
        let lines = payload.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        guard lines.first == header else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        guard let sequence = fields["sequence"].flatMap({ UInt64($0) }),
            let committed = fields["committed"].flatMap(Slot.init),
            let first = fields["first"].flatMap(Slot.init), let a = fields["a"].flatMap(SlotFlags.init(text:)),
            let b = fields["b"].flatMap(SlotFlags.init(text:))
        else { return nil }
        return BootVariables(sequence: sequence, committed: committed, first: first, a: a, b: b)
    }

    private static let payloadSize = blockSize - 8
}

extension BootVariables.SlotFlags {
    fileprivate var text: String {
        let words = [isSuccessful ? "successful" : nil, isFailed ? "failed" : nil].compactMap { $0 }
        return (["tries:\(triesLeft)"] + words).joined(separator: ",")
    }

    fileprivate init?(text: String) {
        self.init()
        for word in text.split(separator: ",") {
            switch word {
            case "successful": isSuccessful = true
            case "failed": isFailed = true
            default:
                guard word.hasPrefix("tries:"), let tries = Int(word.dropFirst(6)), (0...255).contains(tries) else {
                    return nil
                }
                triesLeft = tries
            }
        }
    }
}
