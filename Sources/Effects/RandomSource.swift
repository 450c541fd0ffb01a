/// Chance, so that a simulated world can take it from a seed.
///
/// The implementation for production draws from the kernel and is fit for keys and tokens.
public protocol RandomSource: Sendable {
    /// `count` random bytes.
    func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
    /// A random UUID in its text form (RFC 9562, version 4), in lower case as Kubernetes writes a `metadata.uid`.
    public func uuid() -> String {
        var bytes = bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }

    /// The source as a generator for the standard library: `random(in:using:)`, `shuffled(using:)`.
    public var generator: some RandomNumberGenerator { SourceGenerator(source: self) }
}

private struct SourceGenerator<Source: RandomSource>: RandomNumberGenerator {
    let source: Source

    mutating func next() -> UInt64 { source.bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
