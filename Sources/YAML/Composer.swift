import CorbelAPI
import Yams

/// The library's node; the name alone would mean Kubernetes' Node, too.
typealias YAMLNode = Yams.Node

/// Makes a JSON tree of a document's nodes: resolves types, expands aliases within a budget, merges `<<`.
struct Composer {
    private struct Anchored {
        var value: JSONValue
        /// How many values the tree holds: what each alias of it costs.
        var count: Int
    }

    private let limits: YAMLLimits
    private let plainScalar: ((String) -> String)?
    private var anchors: [String: Anchored] = [:]
    private var count = 0

    init(limits: YAMLLimits, plainScalar: ((String) -> String)?) {
        self.limits = limits
        self.plainScalar = plainScalar
    }

    mutating func value(of node: YAMLNode) throws(YAMLError) -> JSONValue { try value(of: node, depth: 0) }

    private mutating func value(of node: YAMLNode, depth: Int) throws(YAMLError) -> JSONValue {
        guard depth <= limits.depth else { throw error("nesting deeper than \(limits.depth)", at: node) }
        let start = count
        try spend(1, at: node)
        let value =
            switch node {
            case .scalar(let scalar): try self.scalar(scalar, at: node)
            case .sequence(let sequence): JSONValue.array(try elements(of: sequence, depth: depth))
            case .mapping(let mapping): JSONValue.object(try fields(of: mapping, depth: depth))
            case .alias: throw error("unexpected alias", at: node)
            }
        if let anchor = anchor(of: node) { anchors[anchor] = Anchored(value: value, count: count - start) }
        return value
    }

    private mutating func spend(_ values: Int, at node: YAMLNode) throws(YAMLError) {
        count += values
        guard count <= limits.values else {
            throw error("more than \(limits.values) values once aliases are expanded", at: node)
        }
    }

    private func anchor(of node: YAMLNode) -> String? {
        switch node {
        case .scalar(let scalar): scalar.anchor?.rawValue
        case .sequence(let sequence): sequence.anchor?.rawValue
        case .mapping(let mapping): mapping.anchor?.rawValue
        case .alias: nil
        }
    }

    private mutating func scalar(_ scalar: YAMLNode.Scalar, at node: YAMLNode) throws(YAMLError) -> JSONValue {
        guard scalar.style == .plain else { return .string(AliasShield.restoring(scalar.string)) }
        if let name = AliasShield.alias(in: scalar.string) { return try expand(name, at: node) }
        let restored = AliasShield.restoring(scalar.string)
        let text = plainScalar?(restored) ?? restored
        switch PlainScalar.resolve(text, tag: scalar.tag.description) {
        case .success(let value): return value
        case .failure(let problem): throw error(problem.message, at: node)
        }
    }

    private mutating func expand(_ name: String, at node: YAMLNode) throws(YAMLError) -> JSONValue {
        guard let anchored = anchors[name] else { throw error("alias \"\(name)\" names no anchor before it", at: node) }
        try spend(anchored.count, at: node)
        return anchored.value
    }

    private mutating func elements(of sequence: YAMLNode.Sequence, depth: Int) throws(YAMLError) -> [JSONValue] {
        var elements: [JSONValue] = []
        for node in sequence { elements.append(try value(of: node, depth: depth + 1)) }
        return elements
    }

    private mutating func fields(of mapping: YAMLNode.Mapping, depth: Int) throws(YAMLError) -> JSONObject {
        var object = JSONObject()
        var merged: [JSONObject] = []
        for (keyNode, valueNode) in mapping {
            if isMergeKey(keyNode) {
                merged += try mergedObjects(value(of: valueNode, depth: depth + 1), at: valueNode)
                continue
            }
            let key = try key(of: keyNode)
            if object[key] != nil { throw error("duplicate field \"\(key)\"", at: keyNode) }
            object[key] = try value(of: valueNode, depth: depth + 1)
        }
        for other in merged {
            for field in other where object[field.key] == nil { object[field.key] = field.value }
        }
        return object
    }

    private func isMergeKey(_ node: YAMLNode) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && scalar.string == "<<"
    }

    private func mergedObjects(_ value: JSONValue, at node: YAMLNode) throws(YAMLError) -> [JSONObject] {
        if let object = value.objectValue { return [object] }
        let objects = value.arrayValue?.compactMap(\.objectValue) ?? []
        guard !objects.isEmpty, objects.count == value.arrayValue?.count else {
            throw error("`<<` merges a mapping or a list of mappings", at: node)
        }
        return objects
    }

    /// JSON's keys are strings: numbers and booleans become the text of their value, as in sigs.k8s.io/yaml.
    private mutating func key(of node: YAMLNode) throws(YAMLError) -> String {
        guard case .scalar(var scalar) = node else { throw error("a key must be a scalar", at: node) }
        // The library resolves the tags of keys while it looks for duplicates, and by its own rules.
        if scalar.style == .plain, scalar.tag.description.hasSuffix(":str") { scalar.tag = .implicit }
        switch try value(of: .scalar(scalar), depth: 0) {
        case .string(let text): return text
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .double(let value): return JSONValue.double(value).encodedText
        case .null, .array, .object: throw error("a key must be a string, a number or a boolean", at: node)
        }
    }

    private func error(_ message: String, at node: YAMLNode) -> YAMLError {
        YAMLError(message, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }
}
