public import CorbelAPI

/// JSON Patch (RFC 6902) with the bounds that Kubernetes sets.
public enum JSONPatch {
    /// The most operations that one patch may hold, as in Kubernetes' API server.
    public static let operationLimit = 10_000

    /// How many bytes `copy` operations may add in all. Without the bound, forty copies of a document into itself
    /// fill the memory.
    public static let copyLimitBytes = 3 << 20

    /// The document after all operations of `patch`, an array of operation objects.
    ///
    /// - Throws: ``StatusError``: `BadRequest` for what is no JSON patch, `RequestEntityTooLarge` beyond the bounds,
    ///   and `Invalid` where an operation does not fit the document or a `test` fails, as Kubernetes answers.
    public static func apply(_ patch: JSONValue, to document: JSONValue) throws -> JSONValue {
        guard let operations = patch.arrayValue else {
            throw StatusError(.badRequest, "a JSON patch must be an array of operations, not \(patch.typeName)")
        }
        guard operations.count <= operationLimit else {
            throw StatusError(
                .requestEntityTooLarge,
                "a JSON patch may hold at most \(operationLimit) operations, this one holds \(operations.count)")
        }
        var editor = Editor(document: document)
        for (index, operation) in operations.enumerated() {
            try editor.perform(try Operation(operation, index: index))
        }
        return editor.document
    }
}

extension JSONPatch {
    private enum Verb: String {
        case add, remove, replace, move, copy, test
    }

    private struct Operation {
        let verb: Verb
        let path: JSONPointer
        let from: JSONPointer
        let value: JSONValue
        let index: Int

        init(_ json: JSONValue, index: Int) throws {
            guard let verb = json["op"]?.stringValue.flatMap(Verb.init) else {
                throw Self.malformed(index, "op must be one of add, remove, replace, move, copy and test")
            }
            guard let path = json["path"]?.stringValue else {
                throw Self.malformed(index, "path must be a JSON pointer")
            }
            self.verb = verb
            self.index = index
            self.path = try JSONPointer(path)
            from = try Self.source(of: json, verb, index)
            value = try Self.value(of: json, verb, index)
        }

        private static func source(of json: JSONValue, _ verb: Verb, _ index: Int) throws -> JSONPointer {
            guard verb == .move || verb == .copy else { return JSONPointer(tokens: []) }
            guard let from = json["from"]?.stringValue else { throw malformed(index, "from must be a JSON pointer") }
            return try JSONPointer(from)
        }

        private static func value(of json: JSONValue, _ verb: Verb, _ index: Int) throws -> JSONValue {
            guard verb == .add || verb == .replace || verb == .test else { return .null }
            guard let value = json["value"] else { throw malformed(index, "value is missing") }
            return value
        }

        private static func malformed(_ index: Int, _ why: String) -> StatusError {
            StatusError(.badRequest, "operation \(index) of the JSON patch is malformed: \(why)")
        }

        /// The operation does not fit the document that it meets.
        func failure(_ why: String) -> StatusError {
            StatusError(.invalid, "operation \(index) of the JSON patch (\(verb.rawValue) \"\(path)\") failed: \(why)")
        }
    }

    /// Carries operations out one after the other. After a failure the document is worth nothing.
    private struct Editor {
        var document: JSONValue
        var copiedBytes = 0

        mutating func perform(_ operation: Operation) throws {
            switch operation.verb {
            case .add: try add(operation.value, operation)
            case .remove: _ = try remove(operation.path, operation)
            case .replace: try replace(operation)
            case .move: try move(operation)
            case .copy: try copy(operation)
            case .test: try test(operation)
            }
        }

        private mutating func add(_ value: JSONValue, _ operation: Operation) throws {
            guard !operation.path.tokens.isEmpty else {
                document = value
                return
            }
            try document.editContainer(of: operation.path.tokens[...], operation.failure) { container, token in
                switch container {
                case .object: container[token] = value
                case .array(var elements):
                    container = .null
                    let end = elements.count
                    guard let index = token == "-" ? end : arrayIndex(token), index <= end else {
                        throw operation.failure("index \"\(token)\" is not in 0...\(end)")
                    }
                    elements.insert(value, at: index)
                    container = .array(elements)
                default: throw operation.failure("the value above it is \(container.typeName), not an object or array")
                }
            }
        }

        private mutating func remove(_ path: JSONPointer, _ operation: Operation) throws -> JSONValue {
            guard !path.tokens.isEmpty else { throw operation.failure("the whole document cannot be removed") }
            var removed = JSONValue.null
            try document.editContainer(of: path.tokens[...], operation.failure) { container, token in
                removed = try container.element(token, operation.failure)
                switch container {
                case .array(var elements):
                    container = .null
                    if let index = arrayIndex(token) { elements.remove(at: index) }
                    container = .array(elements)
                default: container[token] = nil
                }
            }
            return removed
        }

        private mutating func replace(_ operation: Operation) throws {
            guard !operation.path.tokens.isEmpty else {
                document = operation.value
                return
            }
            try document.editContainer(of: operation.path.tokens[...], operation.failure) { container, token in
                _ = try container.element(token, operation.failure)
                container.setElement(token, operation.value)
            }
        }

        private mutating func move(_ operation: Operation) throws {
            guard operation.from != operation.path else {
                _ = try document.value(at: operation.from, operation.failure)
                return
            }
            guard !operation.from.contains(operation.path) else {
                throw operation.failure("a value cannot be moved into itself (from \"\(operation.from)\")")
            }
            try add(try remove(operation.from, operation), operation)
        }

        private mutating func copy(_ operation: Operation) throws {
            let value = try document.value(at: operation.from, operation.failure)
            copiedBytes += value.encoded.count
            guard copiedBytes <= copyLimitBytes else {
                throw StatusError(
                    .requestEntityTooLarge, "the copies of the JSON patch add more than \(copyLimitBytes) bytes")
            }
            try add(value, operation)
        }

        /// A missing value passes a test for null, as it does in Kubernetes.
        private func test(_ operation: Operation) throws {
            let found: JSONValue
            do {
                found = try document.value(at: operation.path, operation.failure)
            } catch let error as StatusError {
                guard operation.value.isNull else { throw error }
                return
            }
            guard found.isEquivalent(to: operation.value) else {
                throw operation.failure("the value differs from the one that is tested for")
            }
        }
    }
}

/// The index that a pointer's token names: digits without a leading zero.
private func arrayIndex(_ token: String) -> Int? {
    guard token == "0" || (!token.hasPrefix("0") && token.utf8.allSatisfy { (0x30...0x39).contains($0) }) else {
        return nil
    }
    return Int(token)
}

extension JSONValue {
    fileprivate func value(at pointer: JSONPointer, _ failure: (String) -> StatusError) throws -> JSONValue {
        try pointer.tokens.reduce(self) { try $0.element($1, failure) }
    }

    /// The child that a pointer's token names.
    fileprivate func element(_ token: String, _ failure: (String) -> StatusError) throws -> JSONValue {
        switch self {
        case .object(let object):
            guard let value = object[token] else { throw failure("there is no field \"\(token)\"") }
            return value
        case .array(let elements):
            guard let index = arrayIndex(token), index < elements.count else {
                throw failure("there is no element \"\(token)\" among \(elements.count)")
            }
            return elements[index]
        default:
            throw failure("\(typeName) has no field \"\(token)\"")
        }
    }

    /// Replaces a child that is known to exist.
    fileprivate mutating func setElement(_ token: String, _ value: JSONValue) {
        if case .array(var elements) = self {
            self = .null
            if let index = arrayIndex(token) { elements[index] = value }
            self = .array(elements)
        } else {
            self[token] = value
        }
    }

    /// Lets `body` change the object or array that holds the last token. Each child is taken out while it is changed,
    /// so that no array is copied.
    fileprivate mutating func editContainer(
        of tokens: ArraySlice<String>, _ failure: (String) -> StatusError,
        _ body: (inout JSONValue, String) throws -> Void
    ) throws {
        guard let token = tokens.first else { return }
        guard tokens.count > 1 else { return try body(&self, token) }
        var child = try element(token, failure)
        setElement(token, .null)
        try child.editContainer(of: tokens.dropFirst(), failure, body)
        setElement(token, child)
    }

    /// Equality as RFC 6902 defines it: numbers are equal when their values are.
    fileprivate func isEquivalent(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && zip(left, right).allSatisfy { $0.key == $1.key && $0.value.isEquivalent(to: $1.value) }
        case (.integer, .double), (.double, .integer): return doubleValue == other.doubleValue
        default: return self == other
        }
    }
}
