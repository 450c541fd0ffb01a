import CorbelAPI

/// The rules for `metadata` that a schema cannot say.
///
/// Source: `metav1.ObjectMeta` and "Object Names and IDs" of Kubernetes' documentation.
struct MetadataValidation {
    /// How many bytes the keys and values of all annotations may have together.
    static let annotationBytesLimit = 256 << 10

    let definition: ResourceDefinition
    let metadata: JSONValue

    /// The problems of metadata whose fields have the right types; where they have not, the schema says so.
    func errors() -> [FieldError] {
        nameErrors + namespaceErrors + labelErrors + annotationErrors + finalizerErrors + ownerErrors
    }

    private var nameErrors: [FieldError] {
        var errors: [FieldError] = []
        let prefix = metadata["generateName"]?.stringValue ?? ""
        if !prefix.isEmpty, let problem = nameProblem(prefix.maskingTrailingDash) {
            errors.append(.invalid("metadata.generateName", .string(prefix), problem))
        }
        guard let name = metadata["name"]?.stringValue, !name.isEmpty else {
            return errors + [.required("metadata.name", "name or generateName is required")]
        }
        if let problem = nameProblem(name) { errors.append(.invalid("metadata.name", .string(name), problem)) }
        return errors
    }

    private func nameProblem(_ name: String) -> String? {
        definition.takesAnyPathSegmentAsName ? NameSyntax.pathSegmentProblem(name) : NameSyntax.subdomainProblem(name)
    }

    private var namespaceErrors: [FieldError] {
        let namespace = metadata["namespace"]?.stringValue ?? ""
        switch (definition.isNamespaced, namespace.isEmpty) {
        case (true, true): return [.required("metadata.namespace")]
        case (false, false): return [.forbidden("metadata.namespace", "not allowed on this type")]
        case (false, true): return []
        case (true, false):
            guard let problem = NameSyntax.labelProblem(namespace) else { return [] }
            return [.invalid("metadata.namespace", .string(namespace), problem)]
        }
    }

    private var labelErrors: [FieldError] {
        (metadata["labels"]?.objectValue ?? [:]).flatMap { key, value -> [FieldError] in
            var errors: [FieldError] = []
            if let problem = NameSyntax.qualifiedNameProblem(key) {
                errors.append(.invalid("metadata.labels", .string(key), problem))
            }
            if let text = value.stringValue, let problem = NameSyntax.labelValueProblem(text) {
                errors.append(.invalid("metadata.labels[\(key)]", value, problem))
            }
            return errors
        }
    }

    private var annotationErrors: [FieldError] {
        let annotations = metadata["annotations"]?.objectValue ?? [:]
        // The prefix of an annotation's key may have capitals, unlike that of a label's.
        var errors = annotations.compactMap { key, _ in
            NameSyntax.qualifiedNameProblem(key.lowercased()).map {
                FieldError.invalid("metadata.annotations", .string(key), $0)
            }
        }
        let bytes = annotations.reduce(0) { $0 + $1.key.utf8.count + ($1.value.stringValue?.utf8.count ?? 0) }
        if bytes > Self.annotationBytesLimit {
            errors.append(
                FieldError(
                    .tooLong, "metadata.annotations",
                    "may not be more than \(Self.annotationBytesLimit) bytes, has \(bytes)"))
        }
        return errors
    }

    private var finalizerErrors: [FieldError] {
        let finalizers = metadata["finalizers"]?.stringList ?? []
        var errors = finalizers.enumerated().compactMap { index, finalizer in
            NameSyntax.qualifiedNameProblem(finalizer).map {
                FieldError.invalid("metadata.finalizers[\(index)]", .string(finalizer), $0)
            }
        }
        if Set(finalizers).isSuperset(of: PropagationPolicy.allFinalizers) {
            errors.append(
                .invalid(
                    "metadata.finalizers", JSONValue(finalizers), "orphan and foregroundDeletion exclude each other"))
        }
        return errors
    }

    private var ownerErrors: [FieldError] {
        let owners = metadata["ownerReferences"]?.arrayValue ?? []
        var errors = owners.enumerated().flatMap { index, owner in
            Self.errors(ofOwner: owner, at: "metadata.ownerReferences[\(index)]")
        }
        let controllers = owners.filter { $0["controller"] == true }
        if controllers.count > 1 {
            let names = controllers.compactMap { $0["name"]?.stringValue }
            errors.append(
                .invalid(
                    "metadata.ownerReferences", JSONValue(names), "only one reference can have controller set to true"))
        }
        return errors
    }

    /// That the fields are there, the schema requires; here they must not be empty either.
    private static func errors(ofOwner owner: JSONValue, at path: String) -> [FieldError] {
        var errors = ["apiVersion", "kind", "name", "uid"].filter { owner[$0]?.stringValue == "" }.map {
            FieldError.required("\(path).\($0)", "must not be empty")
        }
        if let version = owner["apiVersion"]?.stringValue, !version.isEmpty, GroupVersion(apiVersion: version) == nil {
            errors.append(.invalid("\(path).apiVersion", .string(version), "must be version or group/version"))
        }
        return errors
    }
}

extension String {
    /// A prefix that ends in a dash is judged with a letter in the dash's place, for a suffix follows it.
    fileprivate var maskingTrailingDash: String { hasSuffix("-") && utf8.count > 1 ? dropLast() + "a" : self }
}
