import APIMachinery
import CorbelAPI
import KubeClient
import ResourceClient

/// What became of an object that was applied.
struct AppliedObject: Sendable, Hashable {
    enum Action: String, Sendable {
        case created, configured, unchanged
    }

    var action: Action
    /// As the server has it now; of a dry run, as it would have it.
    var object: Unstructured
    /// As the server had it; `nil` where there was none.
    var before: Unstructured?
    var resource: GroupResource

    /// `edgecluster.corbel.dev/site configured`, as kubectl says it.
    var line: String {
        let singular = object.kind.lowercased() + (resource.group.isEmpty ? "" : ".\(resource.group)")
        return "\(singular)/\(object.name) \(action.rawValue)"
    }

    /// `{apiVersion, kind, namespace?, name, action}`.
    var json: JSONValue {
        var json: JSONValue = [
            "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "name": .string(object.name),
            "action": .string(action.rawValue),
        ]
        if !object.namespace.isEmpty { json["namespace"] = .string(object.namespace) }
        return json
    }
}

/// Applies objects on the server's side.
struct ObjectApplication: Sendable {
    static let fieldManager = "corbel"

    var client: KubeClient
    var kinds: KindResolver
    /// The namespace of objects that name none.
    var namespace: String
    var force = false
    var isDryRun = false

    /// The manifests with kinds that are known and namespaces that are settled, what others need first: namespaces,
    /// then all else, then clusters.
    ///
    /// - Throws: ``CommandFailure`` naming file, line and object, before anything is written.
    func prepare(_ manifests: [Manifest]) throws -> [Manifest] {
        let prepared = try manifests.map { manifest in
            let definition = try kind(of: manifest)
            var prepared = manifest
            if definition.isNamespaced {
                if prepared.object.namespace.isEmpty { prepared.object.namespace = namespace }
            } else {
                prepared.object.namespace = ""
            }
            return prepared
        }
        let ordered = prepared.enumerated().sorted { left, right in
            (Self.rank(left.element.object), left.offset) < (Self.rank(right.element.object), right.offset)
        }
        return ordered.map(\.element)
    }

    private static func rank(_ object: Unstructured) -> Int {
        switch object.groupKind {
        case Namespace.groupKind: 0
        case EdgeCluster.groupKind: 2
        default: 1
        }
    }

    private func kind(of manifest: Manifest) throws -> ResourceDefinition {
        do {
            return try kinds.resolve(manifest.object)
        } catch let failure as CommandFailure {
            throw CommandFailure("\(manifest.place): \(failure.message)", hint: failure.hint)
        }
    }

    /// - Parameter resourceVersion: The revision that the object must still have.
    /// - Throws: ``CommandFailure`` naming the object; a conflict over that revision as a `StatusError`.
    func apply(_ manifest: Manifest, over resourceVersion: String? = nil) async throws -> AppliedObject {
        var object = manifest.object
        object.json["status"] = nil
        object.json["metadata", "managedFields"] = nil
        if let resourceVersion { object.resourceVersion = resourceVersion }
        var options = WriteOptions(fieldManager: Self.fieldManager)
        options.force = force
        options.isDryRun = isDryRun
        // A field that is misspelt would be dropped without a word.
        options.validation = .strict
        do {
            let before = try await client.find(object.key)
            let after = try await client.patch(object.key, .apply, object.json, subresource: nil, options)
            return AppliedObject(
                action: Self.action(before, after), object: after, before: before,
                resource: try kind(of: manifest).groupResource)
        } catch let error as StatusError where !error.isTransient {
            // Without a cause it is the revision that has moved on, and no field that another manager owns.
            if error.reason == .conflict, error.causes.isEmpty, resourceVersion != nil { throw error }
            throw Self.failure(error, manifest)
        }
    }

    /// A dry run stores nothing: what tells a change there is the content alone.
    private static func action(_ before: Unstructured?, _ after: Unstructured) -> AppliedObject.Action {
        guard let before else { return .created }
        return before.withoutBookkeeping == after.withoutBookkeeping ? .unchanged : .configured
    }

    private static func failure(_ error: StatusError, _ manifest: Manifest) -> CommandFailure {
        let hint =
            switch error.reason {
            case .conflict: "another manager owns these fields: --force-conflicts takes them over"
            case .notFound: "the namespace \(manifest.object.namespace) does not exist: apply it first"
            default: CommandFailure(diagnosing: error).hint
            }
        return CommandFailure("\(manifest.place): \(error.message)", hint: hint)
    }
}

extension ResourceClient {
    /// The object, or `nil` where there is none.
    func find(_ key: ObjectKey) async throws -> Unstructured? {
        do {
            return try await get(key)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }

    /// Changes an object by a merge patch of what it is now; tries again where somebody else was faster.
    ///
    /// - Parameter change: the patch, or `nil` where there is nothing to change.
    func amend(_ key: ObjectKey, _ change: (Unstructured) throws -> JSONValue?) async throws -> Unstructured {
        for _ in 1..<8 {
            let object = try await get(key)
            guard var patch = try change(object) else { return object }
            patch["metadata", "resourceVersion"] = .string(object.resourceVersion)
            do {
                return try await self.patch(
                    key, .merge, patch, subresource: nil, WriteOptions(fieldManager: ObjectApplication.fieldManager))
            } catch let error as StatusError where error.reason == .conflict {
                continue
            }
        }
        throw CommandFailure("\(key) changes faster than it can be written", hint: "repeat the command in a moment")
    }
}

extension Unstructured {
    /// The object without what the server keeps about it.
    var withoutBookkeeping: JSONValue {
        var json = json
        for field in ["resourceVersion", "generation", "managedFields", "creationTimestamp", "uid"] {
            json["metadata", field] = nil
        }
        json["status"] = nil
        return json
    }
}
