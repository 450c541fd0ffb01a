import CorbelAPI
import Effects
import KubeClient
import ResourceClient
import Revisions

/// A plan in a file: the objects to apply, and the ground that it was made on.
///
///     {apiVersion: cli.corbel.dev/v1alpha1, kind: SavedPlan, server,
///      grounds: [{apiVersion, kind, namespace?, name, uid?, digest?}], objects: [object], report: {…}, digest}
///
/// A ground without a uid is an object that did not exist. `digest` covers everything else in the file.
struct SavedPlan: Sendable, Hashable {
    static let apiVersion = "cli.corbel.dev/v1alpha1"

    /// An object that the plan was decided on, as it was.
    struct Ground: Sendable, Hashable {
        var apiVersion: String
        var key: ObjectKey
        var uid: String
        var digest: String

        init(_ key: ObjectKey, apiVersion: String, _ object: Unstructured?) {
            self.key = key
            self.apiVersion = apiVersion
            uid = object?.uid ?? ""
            digest = object.map(Self.digest) ?? ""
        }

        /// Covers what plans follow from, which a report about an object's state does not change. A Secret's is its
        /// revision, so that no trace of its content leaves the server.
        private static func digest(_ object: Unstructured) -> String {
            if object.groupKind == Secret.groupKind { return object.resourceVersion }
            var content = object.json
            content["metadata"] = nil
            content["status"] = nil
            content["status", "currentRevision"] = object.json["status", "currentRevision"]
            return ContentDigest.sha256(content.encoded)
        }

        /// - Throws: ``CommandFailure`` where the object is another one now.
        func check(_ object: Unstructured?) throws {
            let now = Ground(key, apiVersion: apiVersion, object)
            guard now != self else { return }
            let what = uid.isEmpty ? "was created" : object == nil ? "was deleted" : "has changed"
            throw CommandFailure(
                "the plan is out of date: \(key) \(what) since", hint: "make a new plan with `corbel plan`")
        }
    }

    var server: String
    var grounds: [Ground]
    var objects: [Unstructured]
    var report: JSONValue

    /// The objects as manifests, for applying.
    var manifests: [Manifest] {
        objects.enumerated().map { Manifest(object: $1, file: "plan", line: 0, position: $0 + 1) }
    }

    /// - Throws: ``CommandFailure`` naming the object that is not as it was.
    func verify(with client: KubeClient) async throws {
        for ground in grounds { try ground.check(try await client.find(ground.key)) }
    }

    /// Applies an object over exactly what the plan was made on.
    func apply(_ manifest: Manifest, with application: ObjectApplication) async throws -> AppliedObject {
        let key = manifest.object.key
        for _ in 1..<8 {
            let present = try await application.client.find(key)
            try grounds.first { $0.key == key }?.check(present)
            do {
                return try await application.apply(manifest, over: present?.resourceVersion)
            } catch let error as StatusError where error.reason == .conflict {
                continue  // A report about its state was faster: the ground is checked again.
            }
        }
        throw CommandFailure("\(key) changes faster than it can be written", hint: "repeat the command in a moment")
    }
}

// The file.
extension SavedPlan {
    private var content: JSONValue {
        [
            "apiVersion": .string(Self.apiVersion), "kind": "SavedPlan", "server": .string(server),
            "grounds": .array(grounds.map(\.json)), "objects": .array(objects.map(\.json)), "report": report,
        ]
    }

    var text: String {
        var json = content
        json["digest"] = .string(ContentDigest.sha256(content.encoded))
        return json.prettyText + "\n"
    }

    init(parsing bytes: [UInt8], file: String) throws {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw CommandFailure(
                "\(file): is no JSON document: \(error)", hint: "`corbel plan --out FILE` writes plans")
        }
        guard json["kind"]?.stringValue == "SavedPlan", json["apiVersion"]?.stringValue == Self.apiVersion else {
            throw CommandFailure(
                "\(file): is no saved plan of this version", hint: "`corbel plan --out FILE` writes plans")
        }
        server = json["server"]?.stringValue ?? ""
        grounds = (json["grounds"]?.arrayValue ?? []).map(Ground.init(json:))
        objects = (json["objects"]?.arrayValue ?? []).map(Unstructured.init(json:))
        report = json["report"] ?? [:]
        guard json["digest"]?.stringValue == ContentDigest.sha256(content.encoded) else {
            throw CommandFailure("\(file): was changed after it was saved", hint: "make a new plan with `corbel plan`")
        }
    }
}

extension SavedPlan.Ground {
    var json: JSONValue {
        var json: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": .string(key.kind.kind), "name": .string(key.name),
        ]
        if !key.namespace.isEmpty { json["namespace"] = .string(key.namespace) }
        if !uid.isEmpty { json["uid"] = .string(uid) }
        if !digest.isEmpty { json["digest"] = .string(digest) }
        return json
    }

    init(json: JSONValue) {
        apiVersion = json["apiVersion"]?.stringValue ?? ""
        let group = GroupVersion(apiVersion: apiVersion)?.group ?? ""
        key = ObjectKey(
            GroupKind(group, json["kind"]?.stringValue ?? ""), namespace: json["namespace"]?.stringValue ?? "",
            name: json["name"]?.stringValue ?? "")
        uid = json["uid"]?.stringValue ?? ""
        digest = json["digest"]?.stringValue ?? ""
    }
}

extension CommandContext {
    /// The plan in a file, where one is named.
    func savedPlan(_ path: String?) async throws -> SavedPlan? {
        guard let path else { return nil }
        return try SavedPlan(parsing: try await files.read(absolute(path), limit: 64 << 20), file: path)
    }

    /// A plan may hold Secrets to apply: nobody else reads it.
    func save(_ plan: SavedPlan, at path: String) async throws {
        try await files.writeDurably(absolute(path), Array(plan.text.utf8), mode: 0o600)
    }
}
