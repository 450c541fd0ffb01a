public import Effects
import Synchronization

/// Numbers instead of chance: every draw is another one, and every run draws the same.
public final class CountedRandom: RandomSource {
    private let counter = Atomic<UInt64>(1)

    public init() {}

    public func bytes(_ count: Int) -> [UInt8] {
        let draw = counter.wrappingAdd(1, ordering: .relaxed).newValue
        return (0..<count).map { UInt8(truncatingIfNeeded: (draw &* 0x9E37_79B9_7F4A_7C15) >> (8 * UInt64($0 % 8))) }
    }
}
