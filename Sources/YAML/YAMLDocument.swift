public import CorbelAPI
import Yams

/// One document of a YAML stream.
public struct YAMLDocument: Sendable, Hashable {
    public var value: JSONValue
    /// The line of the document's first value, counted from 1.
    public var line: Int

    /// Parses all documents of a stream.
    ///
    /// Values are those that Kubernetes' tools read (sigs.k8s.io/yaml): YAML 1.1 with `yes` and `on` as booleans and
    /// `0644` as an octal number; keys become strings. A key that comes twice is refused.
    ///
    /// - Parameter plainScalar: changes the text of a scalar that stands without quotes before its type is resolved.
    /// - Throws: ``YAMLError`` with the line and the column, also for a text that exceeds `limits`.
    public static func stream(
        parsing text: String, limits: YAMLLimits = YAMLLimits(), plainScalar: ((String) -> String)? = nil
    ) throws(YAMLError) -> [YAMLDocument] {
        guard text.utf8.count <= limits.bytes else {
            throw YAMLError("text of \(text.utf8.count) bytes is longer than \(limits.bytes)", line: 1, column: 1)
        }
        let parser = try NodeParser(AliasShield.shielding(text))
        var documents: [YAMLDocument] = []
        while let root = try parser.next() {
            var composer = Composer(limits: limits, plainScalar: plainScalar)
            documents.append(YAMLDocument(value: try composer.value(of: root), line: root.mark?.line ?? 1))
        }
        return documents
    }
}

extension JSONValue {
    /// Parses a text of one YAML document; a text without any is `null`.
    ///
    /// - Throws: ``YAMLError``, also for a second document.
    public init(yaml text: String, limits: YAMLLimits = YAMLLimits()) throws(YAMLError) {
        let documents = try YAMLDocument.stream(parsing: text, limits: limits)
        if documents.count > 1 { throw YAMLError("expected one document", line: documents[1].line, column: 1) }
        self = documents.first?.value ?? .null
    }
}

/// The parser of the library, with its errors mapped. It keeps the anchors alive that nodes refer to weakly.
private struct NodeParser {
    private let parser: Parser

    init(_ text: String) throws(YAMLError) {
        do {
            // The basic resolver leaves all types to the composer, which knows YAML 1.1 as Kubernetes has it.
            parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        } catch {
            throw YAMLError(mapping: error)
        }
    }

    func next() throws(YAMLError) -> YAMLNode? {
        do {
            return try parser.nextRoot()
        } catch {
            throw YAMLError(mapping: error)
        }
    }
}

extension YAMLError {
    fileprivate init(mapping error: any Error) {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let message = [problem, context?.text].compactMap(\.self).joined(separator: " ")
            self.init(message, line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\(AliasShield.restoring($0))\"" }.joined(separator: ", ")
            self.init("duplicate field \(names)", line: context.mark.line, column: context.mark.column)
        case .reader(let problem, let offset, _, let yaml):
            let lines = yaml.utf8.prefix(offset ?? 0).split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            self.init(problem, line: max(lines.count, 1), column: (lines.last?.count ?? 0) + 1)
        default:
            self.init("\(error)", line: 1, column: 1)
        }
    }
}
