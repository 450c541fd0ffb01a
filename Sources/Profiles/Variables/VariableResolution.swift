import CorbelAPI
import Revisions

/// Gives the variables of a cluster's profiles their values.
struct VariableResolution {
    private let cluster: EdgeCluster
    private let secrets: [Secret]
    private let running: ClusterRevision?
    private(set) var problems: [ProfileProblem] = []
    /// What the revision records.
    private(set) var recorded: [RevisionVariable] = []

    init(_ input: ResolutionInput) {
        cluster = input.cluster
        secrets = input.secrets
        running = input.running
    }

    /// The values of the profile's variables by name.
    mutating func values(for profile: ClusterProfile) -> [String: VariableValue] {
        var values: [String: VariableValue] = [:]
        let source = ProfileSource(profile)
        for variable in profile.variables {
            let value = variable.isSensitive ? secret(for: variable, source) : given(variable, source)
            values[variable.name] = value
            record(value, of: variable, source)
        }
        return values
    }

    /// Names that no profile declares are mistakes: a misspelt variable would silently keep its default.
    mutating func checkNames(against profiles: [ClusterProfile]) {
        let declared = Set(profiles.flatMap { $0.variables.map(\.name) })
        for name in cluster.variables.keys.sorted() where !declared.contains(name) {
            let known = declared.sorted().joined(separator: ", ")
            problems.append(
                ProfileProblem(
                    .undeclaredVariable, path: name, field: "spec.variables.\(name)",
                    "no profile of the cluster declares the variable; they declare \(known.isEmpty ? "none" : known)"))
        }
    }

    private mutating func given(_ variable: ProfileVariable, _ source: ProfileSource) -> VariableValue {
        guard
            let value = cluster.variables[variable.name].flatMap({ $0.isNull ? Optional.none : $0 })
                ?? variable.defaultValue
        else {
            guard variable.isRequired else { return .absent }
            return missing(variable, source, "the variable is required and has no default")
        }
        switch variable.checked(value) {
        case .success(let checked): return .value(checked)
        case .failure(let fault):
            report(.invalidVariable, variable, source, value: value, fault.message)
            return .faulty
        }
    }

    private mutating func secret(for variable: ProfileVariable, _ source: ProfileSource) -> VariableValue {
        if cluster.variables[variable.name] != nil {
            report(
                .sensitiveValue, variable, source,
                "the variable is sensitive: its value comes from an entry \(variable.name) of a "
                    + "Secret in spec.variablesFrom"
            )
            return .faulty
        }
        for name in cluster.secretNames {
            guard let entry = secrets.first(where: { $0.name == name })?.text(variable.name) else { continue }
            if case .failure(let fault) = variable.checked(.string(entry)) {
                report(.invalidVariable, variable, source, "the entry of Secret \(name) \(fault.message)")
                return .faulty
            }
            return .secret(RevisionVariable.SecretReference(name: name, key: variable.name))
        }
        guard variable.isRequired else { return .absent }
        let names = cluster.secretNames.joined(separator: ", ")
        return missing(
            variable, source,
            "the variable is required, and no Secret of spec.variablesFrom "
                + "(\(names.isEmpty ? "none" : names)) has an entry for it"
        )
    }

    private mutating func missing(
        _ variable: ProfileVariable, _ source: ProfileSource, _ message: String
    ) -> VariableValue {
        report(.missingVariable, variable, source, message)
        return .faulty
    }

    private mutating func record(_ value: VariableValue, of variable: ProfileVariable, _ source: ProfileSource) {
        var record = RevisionVariable(profile: source.name, name: variable.name)
        switch value {
        case .value(let value): record.value = value
        case .secret(let secret): record.secret = secret
        case .absent, .faulty: return
        }
        recorded.append(record)
        guard variable.isImmutable,
            let old = running?.variables.first(where: { $0.profile == source.name && $0.name == variable.name }),
            old.value != record.value || old.secret != record.secret
        else { return }
        let was = old.secret == nil ? old.value?.encodedText ?? "unset" : "in Secret \(old.secret?.name ?? "")"
        report(
            .immutableVariable, variable, source, value: record.value,
            "the variable is immutable: the cluster's value is \(was) and stays so")
    }

    private mutating func report(
        _ reason: ProfileProblem.Reason, _ variable: ProfileVariable, _ source: ProfileSource, value: JSONValue? = nil,
        _ message: String
    ) {
        problems.append(
            ProfileProblem(
                reason, profile: source.title, path: "variable \(variable.name)", value: value,
                field: "spec.variables.\(variable.name)", message))
    }
}

extension EdgeCluster {
    /// The Secrets that give values to sensitive variables, in order.
    fileprivate var secretNames: [String] {
        (json["spec", "variablesFrom"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }
}

extension Secret {
    /// An entry as text; `nil` where there is none, or where it is no text.
    fileprivate func text(_ key: String) -> String? {
        if let plain = json["stringData", key]?.stringValue { return plain }
        guard let bytes = json["data", key]?.stringValue.flatMap(Base64.decode) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
