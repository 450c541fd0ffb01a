import CorbelAPI

/// Reads the fields of a configuration and collects everything that is wrong with it.
struct ConfigurationReader {
    private let json: JSONValue
    /// Where paths that are not absolute begin.
    private let directory: String
    private(set) var problems: [FieldError] = []

    init(_ json: JSONValue, directory: String) {
        self.json = json
        self.directory = directory
        if json.objectValue == nil {
            problems.append(FieldError(.typeInvalid, "", value: json, "must be an object"))
        }
    }

    /// A text; without a default it is required.
    mutating func text(_ path: String..., default preset: String? = nil) -> String {
        let field = path.joined(separator: ".")
        guard let value = json[path: path] else {
            if preset == nil { problems.append(.required(field, "a text")) }
            return preset ?? ""
        }
        guard let text = value.stringValue, !text.isEmpty else {
            problems.append(.invalid(field, value, "must be a text that is not empty"))
            return ""
        }
        return text
    }

    /// Whether the configuration says anything about this.
    func has(_ field: String) -> Bool { json[field] != nil }

    /// A path; one that is not absolute begins at the configuration's directory.
    mutating func path(_ first: String, _ rest: String...) -> String {
        absolute(text(at: [first] + rest))
    }

    mutating func paths(_ field: String, isRequired: Bool = false) -> [String] {
        texts([field], isRequired: isRequired).map(absolute)
    }

    mutating func texts(_ path: [String], isRequired: Bool = false) -> [String] {
        let field = path.joined(separator: ".")
        guard let value = json[path: path] else {
            if isRequired { problems.append(.required(field, "a list of texts")) }
            return []
        }
        guard let texts = value.arrayValue, texts.allSatisfy({ $0.stringValue ?? "" != "" }),
            !(isRequired && texts.isEmpty)
        else {
            problems.append(.invalid(field, value, "must be a list of texts" + (isRequired ? ", one at least" : "")))
            return []
        }
        return texts.compactMap(\.stringValue)
    }

    mutating func integer(_ path: String..., in range: ClosedRange<Int>, default preset: Int? = nil) -> Int {
        let field = path.joined(separator: ".")
        guard let value = json[path: path] else {
            if preset == nil { problems.append(.required(field, Self.words(range))) }
            return preset ?? range.lowerBound
        }
        guard let number = value.intValue, range.contains(number) else {
            problems.append(.invalid(field, value, "must be \(Self.words(range))"))
            return range.lowerBound
        }
        return number
    }

    /// Seconds, decimals allowed.
    mutating func seconds(_ field: String, upTo limit: Int, default preset: Int) -> Duration {
        guard let value = json[field] else { return .seconds(preset) }
        guard let number = value.doubleValue, number >= 0, number <= Double(limit) else {
            problems.append(.invalid(field, value, "must be a number of seconds from 0 to \(limit)"))
            return .seconds(preset)
        }
        return .milliseconds(Int64(number * 1000))
    }

    mutating func map(_ field: String, default preset: [String: String] = [:]) -> [String: String] {
        guard let value = json[field] else { return preset }
        guard let object = value.objectValue, object.allSatisfy({ $0.value.stringValue != nil }) else {
            problems.append(.invalid(field, value, "must be an object of texts"))
            return preset
        }
        return value.stringMap ?? [:]
    }

    mutating func words(_ field: String, from known: Set<String>) -> Set<String> {
        let words = texts([field])
        for word in words where !known.contains(word) {
            let list = known.sorted().joined(separator: ", ")
            problems.append(FieldError(.notSupported, field, value: .string(word), "supported values: \(list)"))
        }
        return Set(words)
    }

    mutating func taints(_ field: String) -> [JSONValue] {
        let taints = json[field]?.arrayValue ?? []
        for (index, taint) in taints.enumerated() where Taint(json: taint) == nil {
            let allowed = "must have a key and the effect NoSchedule, PreferNoSchedule or NoExecute"
            problems.append(.invalid("\(field)[\(index)]", taint, allowed))
        }
        return taints
    }

    /// A version of Kubernetes, such as `1.33.5`.
    mutating func kubernetesVersion() -> String {
        let text = text("kubernetesVersion")
        if !text.isEmpty, SemanticVersion(text, allowingV: true) == nil {
            problems.append(.invalid("kubernetesVersion", .string(text), "must be a version such as 1.33.5"))
        }
        return text.hasPrefix("v") ? String(text.dropFirst()) : text
    }

    mutating func requirePrefix(_ prefix: String, of text: String, at field: String) {
        if !text.isEmpty, !text.hasPrefix(prefix) {
            problems.append(.invalid(field, .string(text), "must begin with \(prefix)"))
        }
    }

    /// - Throws: `invalid`, naming every field that is wrong.
    func finish(_ kind: String, _ name: String) throws {
        guard problems.isEmpty else { throw StatusError.invalid(GroupKind("", kind), name, problems) }
    }

    private mutating func text(at path: [String]) -> String {
        let field = path.joined(separator: ".")
        guard let text = json[path: path]?.stringValue, !text.isEmpty else {
            problems.append(.required(field, "the path of a file"))
            return ""
        }
        return text
    }

    private func absolute(_ path: String) -> String {
        path.isEmpty || path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        "an integer from \(range.lowerBound) to \(range.upperBound)"
    }
}

/// The version that the stand-in gives: Kubernetes' own, marked.
enum StandinVersion {
    static func text(_ kubernetesVersion: String) -> String { "v\(kubernetesVersion)+corbel-standin" }
}
