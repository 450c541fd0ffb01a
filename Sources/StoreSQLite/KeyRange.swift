import Foundation
import ResourceStore

/// A stretch of keys by their bytes: `lower` is the first that is in it, `upper` the first behind it.
struct KeyRange: Sendable {
    var lower: Data
    var upper: Data

    /// The keys with a prefix that come after `key`.
    init(_ prefix: StoreKey, after key: StoreKey? = nil) {
        let start = Data(prefix.utf8)
        // A key and a zero byte is the very next string of bytes.
        let next = key.map { Data($0.utf8) + [0] }
        lower = next.map { start.lexicographicallyPrecedes($0) ? $0 : start } ?? start
        // No key holds the byte 0xFF: it is not in UTF-8.
        upper = Data(prefix.prefixEnd ?? [0xFF])
    }
}
