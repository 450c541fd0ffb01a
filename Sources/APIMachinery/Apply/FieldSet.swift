public import CorbelAPI

/// A set of field paths: what one manager owns of an object.
///
/// The set is a tree of path elements. A node is a member itself, or only leads to members below it. Source:
/// `FieldsV1` of Kubernetes' `metav1.ManagedFieldsEntry`.
public struct FieldSet: Sendable, Hashable {
    /// Whether the path that leads here belongs to the set. Never true of a whole set's root.
    var isMember = false
    private(set) var children: [PathElement: FieldSet] = [:]

    public init() {}

    /// The set of the one path that leads here, for use as a child.
    static let leaf: FieldSet = {
        var set = FieldSet()
        set.isMember = true
        return set
    }()

    public var isEmpty: Bool { !isMember && children.isEmpty }

    /// The part below `element`. Setting an empty part removes it.
    subscript(element: PathElement) -> FieldSet {
        get { children[element] ?? FieldSet() }
        set { children[element] = newValue.isEmpty ? nil : newValue }
    }

    public mutating func insert(_ path: [PathElement]) { insert(path[...]) }

    private mutating func insert(_ path: ArraySlice<PathElement>) {
        guard let first = path.first else {
            isMember = true
            return
        }
        children[first, default: FieldSet()].insert(path.dropFirst())
    }

    public func contains(_ path: [PathElement]) -> Bool {
        var node = self
        for element in path {
            guard let child = node.children[element] else { return false }
            node = child
        }
        return node.isMember
    }

    /// All paths, in order.
    public var paths: [[PathElement]] {
        let below = children.sorted { $0.key < $1.key }.flatMap { element, child in
            child.paths.map { [element] + $0 }
        }
        return isMember ? [[]] + below : below
    }
}

extension FieldSet {
    public func union(_ other: FieldSet) -> FieldSet {
        var result = self
        result.isMember = isMember || other.isMember
        for (element, child) in other.children {
            result.children[element] = children[element]?.union(child) ?? child
        }
        return result
    }

    public func intersection(_ other: FieldSet) -> FieldSet {
        var result = FieldSet()
        result.isMember = isMember && other.isMember
        for (element, child) in children {
            if let counterpart = other.children[element] { result[element] = child.intersection(counterpart) }
        }
        return result
    }

    public func subtracting(_ other: FieldSet) -> FieldSet {
        var result = self
        result.isMember = isMember && !other.isMember
        for (element, child) in other.children {
            if let counterpart = children[element] { result[element] = counterpart.subtracting(child) }
        }
        return result
    }
}

extension FieldSet {
    /// The form within `managedFields`. A node that is a member and has members below it says so by the key `.`.
    public var fieldsV1: JSONValue {
        let below = children.map { ($0.key.encoded, $0.value.fieldsV1) }
        let own: [(String, JSONValue)] = isMember && !children.isEmpty ? [(".", [:])] : []
        return .object(JSONObject(own + below.sorted { $0.0 < $1.0 }) { first, _ in first })
    }

    /// Reads the form within `managedFields`.
    ///
    /// - Throws: ``StatusError`` of reason `BadRequest` for an element that cannot be read.
    public init(fieldsV1: JSONValue) throws {
        try self.init(node: fieldsV1)
        isMember = false
    }

    private init(node: JSONValue) throws {
        guard let fields = node.objectValue else {
            throw StatusError(.badRequest, "fieldsV1 must consist of objects, not \(node.typeName)")
        }
        isMember = fields.isEmpty
        for (key, value) in fields {
            if key == "." {
                isMember = true
                continue
            }
            guard let element = PathElement(encoded: key) else {
                throw StatusError(.badRequest, "fieldsV1 holds \"\(key)\": it must start with f:, k:, v: or i:")
            }
            children[element] = try FieldSet(node: value)
        }
    }
}
