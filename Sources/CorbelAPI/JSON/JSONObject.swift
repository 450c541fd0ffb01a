/// The fields of a JSON object, ordered by the bytes of their keys.
///
/// Iteration follows the keys, never a hash seed: what is derived from an object (an encoding, a digest, a decision)
/// is the same in every process. Objects of resources are small; a sorted array finds, copies and compares them
/// faster than a hash table would.
public struct JSONObject: Sendable, Hashable {
    public typealias Element = (key: String, value: JSONValue)

    private struct Field: Sendable, Hashable {
        var key: String
        var value: JSONValue

        static func == (left: Field, right: Field) -> Bool {
            left.key.hasSameBytes(as: right.key) && left.value == right.value
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

    /// The fields of a parser, which may come in any order. Answers the first key that comes twice, if one does, in
    /// place of an object.
    static func assembling(_ elements: some Sequence<Element>) -> Result<JSONObject, DuplicateKey> {
        var sorted = elements.map { Field(key: $0.key, value: $0.value) }
        let inOrder = zip(sorted, sorted.dropFirst()).allSatisfy { $0.key.precedesInBytes($1.key) }
        if !inOrder {
            sorted.sort { $0.key.precedesInBytes($1.key) }
            for (left, right) in zip(sorted, sorted.dropFirst()) where left.key.hasSameBytes(as: right.key) {
                return .failure(DuplicateKey(key: left.key))
            }
        }
        var object = JSONObject()
        object.fields = sorted
        return .success(object)
    }

    struct DuplicateKey: Error { var key: String }

    public var keys: [String] { fields.map(\.key) }
    public var values: [JSONValue] { fields.map(\.value) }

    public subscript(key: String) -> JSONValue? {
        get {
            let (index, found) = position(of: key)
            return found ? fields[index].value : nil
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
