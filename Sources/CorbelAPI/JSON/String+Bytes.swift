// Swift compares texts by Unicode's canonical equivalence: `é` in one code point equals `é` in two. Documents, digests
// and stores tell them apart, and so do these comparisons.
extension String {
    func hasSameBytes(as other: String) -> Bool {
        // Most texts differ in length, and equality is a comparison of memory where they are ASCII, as nearly all are.
        // Whatever else equals an ASCII text takes more bytes; between other texts the views compare byte by byte.
        guard utf8.count == other.utf8.count, self == other else { return false }
        return utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
    }

    /// Whether this text's UTF-8 comes before that of `other`, as stores and Go's encoder order keys.
    func precedesInBytes(_ other: String) -> Bool {
        // Keys are compared for every field that is read: the buffers are some four times as quick as the views.
        let answer = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in left.precedes(right) }
        }
        return (answer ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func precedes(_ other: Self) -> Bool {
        var index = 0
        while index < count, index < other.count {
            if self[index] != other[index] { return self[index] < other[index] }
            index += 1
        }
        return count < other.count
    }
}
