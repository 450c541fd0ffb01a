/// The fields of a JSON object, ordered by the bytes of their keys.
///
/// Iteration follows the keys, never a hash seed: what is derived from an object (an encoding, a digest, a decision)
/// is the same in every process. Objects of resources are small; a sorted array finds, copies and compares them
/// faster than a hash table would.
public struct JSONObject: Sendable, Hashable {
    public typealias Element = (key: String, value: JSONValue)

    private struct Field: Sendable, Hashable {
        let key: String
        var value: JSONValue
        // What tells two keys apart without a look at them. It takes up what the value leaves of its last word.
        private let length: UInt8
        private let isASCII: Bool

        init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
            length = Self.length(of: key)
            isASCII = key.utf8Span.isKnownASCII
        }

        /// The length of a key, or what is left of it.
        static func length(of key: String) -> UInt8 { UInt8(truncatingIfNeeded: key.utf8.count) }

        /// Whether the key has the bytes of another, whose length is known.
        func isNamed(_ other: String, length: UInt8) -> Bool {
            guard self.length == length, key == other else { return false }
            return isASCII && key.utf8.count == other.utf8.count || key.utf8.elementsEqual(other.utf8)
        }

        static func == (left: Field, right: Field) -> Bool {
            left.isNamed(right.key, length: right.length) && left.value == right.value
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(key)
            hasher.combine(value)
        }
    }

    private var fields: [Field]

    public init() { fields = [] }

    /// The fields of `elements`; `combine` decides between two values of one key.
    public init(
        _ elements: some Sequence<(String, JSONValue)>,
        uniquingKeysWith combine: (JSONValue, JSONValue) -> JSONValue
    ) {
        fields = []
        for (key, value) in elements {
            if let last = fields.last, last.key.precedesInBytes(key) {
                fields.append(Field(key: key, value: value))
            } else if let present = self[key] {
                self[key] = combine(present, value)
            } else {
                self[key] = value
            }
        }
    }

    /// The fields of a document as they come, in any order.
    struct Assembly {
        private var fields: [Field] = []
        private var isInOrder = true

        mutating func append(_ key: String, _ value: JSONValue) {
            if isInOrder, let last = fields.last { isInOrder = last.key.precedesInBytes(key) }
            fields.append(Field(key: key, value: value))
        }

        /// The object, or the position of the second of two fields that bear one key.
        func assembled() -> Result<JSONObject, DuplicateKey> {
            var object = JSONObject()
            object.fields = isInOrder ? fields : fields.sorted { $0.key.precedesInBytes($1.key) }
            if isInOrder { return .success(object) }
            for (left, right) in zip(object.fields, object.fields.dropFirst())
            where left.key.hasSameBytes(as: right.key) {
                let last = fields.lastIndex { $0.key.hasSameBytes(as: left.key) }
                return .failure(DuplicateKey(key: left.key, position: last ?? 0))
            }
            return .success(object)
        }
    }

    struct DuplicateKey: Error {
        var key: String
        var position: Int
    }

    public var keys: [String] { fields.map(\.key) }
    public var values: [JSONValue] { fields.map(\.value) }

    public subscript(key: String) -> JSONValue? {
        get {
            guard let index = index(of: key) else { return nil }
            return fields[index].value
        }
        set {
            let (index, found) = position(of: key)
            switch (found, newValue) {
            case (true, let value?): fields[index].value = value
            case (true, nil): fields.remove(at: index)
            case (false, let value?): fields.insert(Field(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    /// The field `second` of the object that `first` holds.
    func value(at first: String, _ second: String) -> JSONValue? {
        guard let index = index(of: first), case .object(let object) = fields[index].value else { return nil }
        return object[second]
    }

    /// The field `third` of the object that `second` holds in that which `first` does.
    func value(at first: String, _ second: String, _ third: String) -> JSONValue? {
        guard let index = index(of: first), case .object(let object) = fields[index].value else { return nil }
        return object.value(at: second, third)
    }

    /// Changes the value of `key` where it stands, without a copy; answers false if there is none.
    mutating func modify(_ key: String, _ body: (inout JSONValue) -> Void) -> Bool {
        guard let index = index(of: key) else { return false }
        body(&fields[index].value)
        return true
    }

    /// Below this many fields a look at each costs less than a search by halves: to tell two keys apart is quicker
    /// than to order them.
    private static let searchThreshold = 16

    private func index(of key: String) -> Int? {
        guard fields.count < Self.searchThreshold else {
            let (index, found) = position(of: key)
            return found ? index : nil
        }
        let length = Field.length(of: key)
        var index = 0
        while index < fields.count {
            if fields[index].isNamed(key, length: length) { return index }
            index += 1
        }
        return nil
    }

    /// The index of `key`, or of the first key after it.
    private func position(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].key.precedesInBytes(key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < fields.count && fields[low].key.hasSameBytes(as: key))
    }
}

extension JSONObject: RandomAccessCollection {
    public var startIndex: Int { fields.startIndex }
    public var endIndex: Int { fields.endIndex }
    public subscript(position: Int) -> Element { (fields[position].key, fields[position].value) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements) { _, last in last }
    }
}
