public import CorbelAPI

extension ResourceDefinition {
    /// The kind as a CustomResourceDefinition (`apiextensions.k8s.io/v1`) with this one version, without a status.
    ///
    /// Columns that count, compute, or show several fields as one have no counterpart there and are left out.
    ///
    /// - Parameter labels: the labels of the definition, such as Cluster API's `cluster.x-k8s.io/v1beta2: v1beta2`.
    public func customResourceDefinition(labels: [String: String] = [:]) -> Unstructured {
        var object = Unstructured(json: [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("\(plural).\(group)")],
            "spec": [
                "group": .string(group), "scope": .string(scope.rawValue), "names": names, "versions": [versionEntry],
            ],
        ])
        object.labels = labels
        return object
    }

    private var names: JSONValue {
        var names: JSONValue = [
            "kind": .string(kind), "listKind": .string(listKind), "plural": .string(plural),
            "singular": .string(singular),
        ]
        if !shortNames.isEmpty { names["shortNames"] = JSONValue(shortNames) }
        if !categories.isEmpty { names["categories"] = JSONValue(categories) }
        return names
    }

    private var versionEntry: JSONValue {
        var entry: JSONValue = [
            "name": .string(version), "served": true, "storage": true, "schema": ["openAPIV3Schema": structuralSchema],
        ]
        if hasStatus { entry["subresources", "status"] = [:] }
        entry["subresources", "scale"] = scale?.customResourceForm
        let columns = columns.compactMap(\.customResourceForm)
        if !columns.isEmpty { entry["additionalPrinterColumns"] = .array(columns) }
        if !selectableFields.isEmpty {
            entry["selectableFields"] = .array(selectableFields.map { ["jsonPath": .string(jsonPath($0))] })
        }
        return entry
    }

    /// The whole object; the schema of its metadata belongs to the server.
    private var structuralSchema: JSONValue {
        var whole = objectSchema
        whole.properties["metadata"] = Schema(.object)
        if whole.description.isEmpty { whole.description = "The schema of \(kind)." }
        return whole.openAPI(.custom)
    }
}

extension ResourceDefinition.Scale {
    fileprivate var customResourceForm: JSONValue {
        var form: JSONValue = [
            "specReplicasPath": .string(jsonPath(specReplicas)),
            "statusReplicasPath": .string(jsonPath(statusReplicas)),
        ]
        form["labelSelectorPath"] = selector.map { .string(jsonPath($0)) }
        return form
    }
}

extension ResourceDefinition.PrinterColumn {
    fileprivate var customResourceForm: JSONValue? {
        let path: String
        switch source {
        case .field(let field), .age(let field): path = jsonPath(field)
        case .condition(let type): path = ".status.conditions[?(@.type==\"\(type)\")].status"
        case .count, .ratio, .seconds, .trueConditions, .joined, .subjects: return nil
        }
        var isAge: Bool {
            if case .age = source { true } else { false }
        }
        var form: JSONValue = [
            "name": .string(name), "type": .string(isAge ? "date" : type), "jsonPath": .string(path),
            "priority": JSONValue(priority),
        ]
        if !description.isEmpty { form["description"] = .string(description) }
        return form
    }
}

/// The simple JSON path of a field; dots within a key stand behind a backslash.
private func jsonPath(_ path: [String]) -> String {
    path.map { "." + $0.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.") }.joined()
}
