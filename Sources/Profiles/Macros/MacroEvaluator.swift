import CorbelAPI
import Revisions

/// Resolves the macros of a cluster's layers: variables, references between packs, and what the platform knows.
///
/// A reference is followed as far as it goes; each is resolved once, and a chain that comes back to itself is
/// reported with its members. Variables are those of the profile that owns the text, wherever it is referred to from.
struct MacroEvaluator {
    /// What a text or a tree became.
    struct Evaluated {
        var value: JSONValue
        /// All that it is made of, however far, by ``MacroReference/inputName``.
        var inputs: Set<String> = []
        /// About its length in bytes: references to references could make a small profile huge.
        var size = 1
    }

    /// Where a text stands.
    struct Place {
        var layer: Int
        /// What stands before a path in messages, such as `manifests/daemonset`; empty for values.
        var text = ""
        /// The field of the profile.
        var field: String
        var path = ValuePath()

        func field(_ name: String) -> Place { appending(path.field(name)) }
        func index(_ index: Int) -> Place { appending(path.index(index)) }

        private func appending(_ path: ValuePath) -> Place {
            var place = self
            place.path = path
            return place
        }

        var pathText: String { [text, path.description].filter { !$0.isEmpty }.joined(separator: ": ") }
    }

    static let sizeLimit = 3 << 20
    static let chainLimit = 64

    private let layers: [LayerSource]
    private let system: [SystemMacro: String]
    private var references: [String: Evaluated?] = [:]
    private var chain: [String] = []
    private var reportedCycles: Set<[String]> = []
    private(set) var problems: [ProfileProblem] = []

    init(layers: [LayerSource], system: [SystemMacro: String]) {
        self.layers = layers
        self.system = system
    }

    /// The tree with its macros resolved; what cannot be resolved is `null` and stands in ``problems``.
    mutating func evaluate(_ tree: JSONValue, at place: Place) -> Evaluated {
        switch tree {
        case .string(let text): return evaluate(text, at: place)
        case .array(let elements):
            var result = Evaluated(value: .null)
            var values: [JSONValue] = []
            for (index, element) in elements.enumerated() {
                values.append(merge(evaluate(element, at: place.index(index)), into: &result))
            }
            result.value = .array(values)
            return bounded(result, at: place)
        case .object(let object):
            var result = Evaluated(value: .null)
            var fields: [(String, JSONValue)] = []
            for field in object {
                let key = merge(evaluate(field.key, at: place), into: &result)
                let value = merge(evaluate(field.value, at: place.field(key.interpolated)), into: &result)
                fields.append((key.interpolated, value))
            }
            result.value = .object(JSONObject(fields) { $1 })
            return bounded(result, at: place)
        case .null, .bool, .integer, .double: return Evaluated(value: tree)
        }
    }

    private func merge(_ part: Evaluated, into whole: inout Evaluated) -> JSONValue {
        whole.inputs.formUnion(part.inputs)
        whole.size += part.size
        return part.value
    }

    private mutating func bounded(_ result: Evaluated, at place: Place) -> Evaluated {
        guard result.size > Self.sizeLimit else { return result }
        report(.unresolvedReference, at: place, "resolves to more than \(Self.sizeLimit) bytes")
        return Evaluated(value: .null)
    }

    private mutating func evaluate(_ text: String, at place: Place) -> Evaluated {
        if let expression = MacroTemplate.bareExpression(in: text) {
            return resolve(expression, at: place) ?? Evaluated(value: .null)
        }
        var result = Evaluated(value: .null)
        var whole = ""
        for piece in MacroTemplate.pieces(of: text) {
            switch piece {
            case .text(let text):
                whole += text
                result.size += text.utf8.count
            case .macro(let expression):
                guard let part = resolve(expression, at: place) else { continue }
                whole += merge(part, into: &result).interpolated
                if part.value.arrayValue != nil || part.value.objectValue != nil || part.value.isNull {
                    let message =
                        "the value is of type \(part.value.typeName); within a text only a string, "
                        + "a number or a boolean can stand"
                    report(.unresolvedReference, at: place, value: .string(macro(expression)), message)
                }
            }
        }
        result.value = .string(whole)
        return bounded(result, at: place)
    }

    private mutating func resolve(_ expression: String, at place: Place) -> Evaluated? {
        guard let reference = MacroReference(expression) else {
            report(
                .unknownMacro, at: place, value: .string(macro(expression)), "unknown macro: \(MacroReference.known)")
            return nil
        }
        switch reference {
        case .variable(let name): return variable(name, at: place)
        case .system(let name): return system(name, at: place)
        case .pack(let pack, let path):
            guard var evaluated = self.reference(pack, path, at: place) else { return nil }
            evaluated.inputs.insert(reference.inputName)
            return evaluated
        }
    }

    private mutating func variable(_ name: String, at place: Place) -> Evaluated? {
        let input: Set = ["var.\(name)"]
        switch layers[place.layer].profile.variables[name] {
        case .value(let value)?: return Evaluated(value: value, inputs: input, size: value.interpolated.utf8.count)
        case .secret?: return Evaluated(value: .string(SecretPlaceholder.text(for: name)), inputs: input)
        case .faulty?: return nil
        case .absent?:
            let message = "variable \(name) has neither a value nor a default"
            report(.missingVariable, at: place, value: .string("{{ .corbel.var.\(name) }}"), message)
            return nil
        case nil:
            let declared = layers[place.layer].profile.variables.keys.sorted().joined(separator: ", ")
            let message =
                "the profile declares no variable \(name); it declares \(declared.isEmpty ? "none" : declared)"
            report(.undeclaredVariable, at: place, value: .string("{{ .corbel.var.\(name) }}"), message)
            return nil
        }
    }

    private mutating func system(_ name: SystemMacro, at place: Place) -> Evaluated? {
        let profile = layers[place.layer].profile
        let known: String? =
            switch name {
            case .profileName: profile.name
            case .profileVersion: profile.version
            default: system[name]
            }
        guard let text = known, !text.isEmpty else {
            let message = "{{ .corbel.system.\(name.rawValue) }} is not known yet"
            report(.unresolvedReference, at: place, message)
            return nil
        }
        return Evaluated(value: .string(text), inputs: ["system.\(name.rawValue)"], size: text.utf8.count)
    }
}

// References between packs.
extension MacroEvaluator {
    /// The value at a path of a pack's values, resolved.
    mutating func reference(_ pack: String, _ path: [String], at place: Place) -> Evaluated? {
        let key = MacroReference.pack(pack, path: path).inputName
        if let known = references[key] { return known }
        guard !isCycle(key, at: place) else { return nil }
        guard let layer = layers.firstIndex(where: { $0.layer.pack?.name == pack }) else {
            let packs = layers.compactMap { $0.layer.pack?.name }.joined(separator: ", ")
            let message = "no layer has the pack \(pack); the packs are \(packs)"
            report(.unresolvedReference, at: place, value: .string(macro(".corbel.\(key)")), message)
            return nil
        }
        chain.append(key)
        let result = follow(path, in: layer, from: place)
        chain.removeLast()
        references[key] = .some(result)
        return result
    }

    /// Walks down the layer's values; a macro on the way that stands for a whole tree is resolved first.
    private mutating func follow(_ path: [String], in layer: Int, from place: Place) -> Evaluated? {
        var current = layers[layer].values
        var target = Place(layer: layer, field: layers[layer].valuesField)
        var inputs: Set<String> = []
        for (index, component) in path.enumerated() {
            if case .string(let text) = current, MacroTemplate.bareExpression(in: text) != nil {
                let resolved = evaluate(current, at: target)
                inputs.formUnion(resolved.inputs)
                current = resolved.value
            }
            guard let next = child(component, of: current) else {
                let missing = path[...index].joined(separator: ".")
                let pack = layers[layer].layer.pack?.name ?? ""
                let expression = ".corbel.pack.\(pack).\(path.joined(separator: "."))"
                let message = "pack \(pack) has no value \(missing)"
                report(.unresolvedReference, at: place, value: .string(macro(expression)), message)
                return nil
            }
            current = next
            target = target.field(component)
        }
        var result = evaluate(current, at: target)
        result.inputs.formUnion(inputs)
        return result
    }

    private func child(_ component: String, of value: JSONValue) -> JSONValue? {
        guard let elements = value.arrayValue else { return value[component] }
        return Int(component).flatMap { elements.indices.contains($0) ? elements[$0] : Optional.none }
    }

    private mutating func isCycle(_ key: String, at place: Place) -> Bool {
        if let start = chain.firstIndex(of: key) {
            let members = Array(chain[start...])
            if reportedCycles.insert(members.sorted()).inserted {
                let shown = (members + [key]).map { String($0.dropFirst("pack.".count)) }.joined(separator: " -> ")
                report(.referenceCycle, at: place, "references go round in a circle: \(shown)")
            }
            return true
        }
        if chain.count >= Self.chainLimit {
            report(.unresolvedReference, at: place, "references are more than \(Self.chainLimit) deep")
            return true
        }
        return false
    }

    private func macro(_ expression: String) -> String { "{{ \(expression) }}" }

    mutating func report(
        _ reason: ProfileProblem.Reason, at place: Place, value: JSONValue? = nil, _ message: String
    ) {
        let source = layers[place.layer]
        let path = place.pathText
        let problem = ProfileProblem(
            reason, profile: source.profile.title, layer: source.layer.name, path: path.isEmpty ? nil : path,
            value: value,
            field: place.field, message)
        if !problems.contains(problem) { problems.append(problem) }
    }
}
