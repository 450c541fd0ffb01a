import CorbelAPI
import YAML

/// An object as a user wrote it, and where.
struct Manifest: Sendable, Hashable {
    var object: Unstructured
    var file: String
    /// Counted from 1; 0 where the text is JSON.
    var line: Int
    /// The object's place in the file, counted from 1.
    var position: Int

    /// Such as `site.yaml:12 (object 2, EdgeCluster site)`.
    var place: String {
        let title = [object.kind, object.name].filter { !$0.isEmpty }.joined(separator: " ")
        return "\(file)\(line > 0 ? ":\(line)" : "") (object \(position)\(title.isEmpty ? "" : ", \(title)"))"
    }
}

extension Manifest {
    /// Reads the objects of a text: YAML documents, or JSON where the file's name ends so. A list is taken apart.
    ///
    /// - Throws: ``CommandFailure`` naming file, line and object.
    static func parse(_ text: String, file: String) throws -> [Manifest] {
        var manifests: [Manifest] = []
        for (value, line) in try documents(of: text, file: file) where !value.isNull {
            let isList = value["kind"]?.stringValue?.hasSuffix("List") == true
            let objects = isList ? value["items"]?.arrayValue ?? [value] : [value]
            for object in objects {
                let manifest = Manifest(
                    object: Unstructured(json: object), file: file, line: line, position: manifests.count + 1)
                try manifest.check()
                manifests.append(manifest)
            }
        }
        return manifests
    }

    private static func documents(of text: String, file: String) throws -> [(JSONValue, line: Int)] {
        do {
            if file.hasSuffix(".json") { return [(try JSONValue(parsing: text), 0)] }
            return try YAMLDocument.stream(parsing: text).map { ($0.value, $0.line) }
        } catch let error as YAMLError {
            throw CommandFailure("\(file):\(error.line):\(error.column): \(error.message)", hint: syntaxHint)
        } catch let error as JSONError {
            let before = text.utf8.prefix(error.offset).split(separator: 0x0A, omittingEmptySubsequences: false)
            let column = (before.last?.count ?? 0) + 1
            throw CommandFailure("\(file):\(max(before.count, 1)):\(column): \(error.message)", hint: syntaxHint)
        }
    }

    private static let syntaxHint = "correct the text there; nothing was applied"

    private func check() throws {
        guard object.json.objectValue != nil else {
            throw failure("must be an object, and is \(object.json.typeName)")
        }
        guard let version = object.json["apiVersion"]?.stringValue, GroupVersion(apiVersion: version) != nil else {
            throw failure("apiVersion: is required, such as corbel.dev/v1alpha1")
        }
        guard !object.kind.isEmpty else { throw failure("kind: is required, such as EdgeCluster") }
        guard !object.name.isEmpty else { throw failure("metadata.name: is required") }
    }

    private func failure(_ problem: String) -> CommandFailure {
        CommandFailure("\(place): \(problem)", hint: "correct the object; nothing was applied")
    }
}
