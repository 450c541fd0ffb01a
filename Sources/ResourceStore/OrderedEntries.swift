/// Entries in the order of their keys.
///
/// They lie in chunks of bounded size, so that a change moves few of them however many there are.
struct OrderedEntries: Sendable {
    private static let chunkLimit = 512

    /// No chunk is empty.
    private var chunks: [[StoreEntry]] = []
    private(set) var count = 0

    subscript(key: StoreKey) -> StoreEntry? {
        guard let place = place(of: key), place.isFound else { return nil }
        return chunks[place.chunk][place.offset]
    }

    /// Stores the entry under its key and returns what stood there.
    @discardableResult
    mutating func update(_ entry: StoreEntry) -> StoreEntry? {
        guard let place = place(of: entry.key) else {
            chunks = [[entry]]
            count = 1
            return nil
        }
        if place.isFound {
            let previous = chunks[place.chunk][place.offset]
            chunks[place.chunk][place.offset] = entry
            return previous
        }
        chunks[place.chunk].insert(entry, at: place.offset)
        count += 1
        split(place.chunk)
        return nil
    }

    @discardableResult
    mutating func remove(_ key: StoreKey) -> StoreEntry? {
        guard let place = place(of: key), place.isFound else { return nil }
        let entry = chunks[place.chunk].remove(at: place.offset)
        if chunks[place.chunk].isEmpty { chunks.remove(at: place.chunk) }
        count -= 1
        return entry
    }

    /// The entries with a prefix whose keys come after `key`.
    func entries(_ prefix: StoreKey, after key: StoreKey?) -> some Sequence<StoreEntry> {
        let start = key.map { max($0, prefix) } ?? prefix
        let place = place(of: start) ?? Place(chunk: 0, offset: 0, isFound: false)
        let skipsFirst = place.isFound && start == key
        return chunks[place.chunk...].lazy.enumerated()
            .flatMap { index, chunk in index == 0 ? chunk[(place.offset + (skipsFirst ? 1 : 0))...] : chunk[...] }
            .prefix { $0.key.hasPrefix(prefix) }
    }

    private mutating func split(_ index: Int) {
        let chunk = chunks[index]
        guard chunk.count > Self.chunkLimit else { return }
        chunks[index] = Array(chunk.prefix(chunk.count / 2))
        chunks.insert(Array(chunk.suffix(from: chunk.count / 2)), at: index + 1)
    }

    private struct Place {
        var chunk: Int
        /// Where the key stands, or where it would be inserted.
        var offset: Int
        var isFound: Bool
    }

    private func place(of key: StoreKey) -> Place? {
        if chunks.isEmpty { return nil }
        let after = chunks.firstPosition { $0[0].key > key }
        let index = max(0, after - 1)
        let offset = chunks[index].firstPosition { $0.key >= key }
        return Place(
            chunk: index, offset: offset,
            isFound: offset < chunks[index].count && chunks[index][offset].key == key)
    }
}

extension Array {
    /// The first position whose element meets the condition, in an array where those that meet it stand last.
    fileprivate func firstPosition(where condition: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
