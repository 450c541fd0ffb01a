import CorbelAPI
import SwiftASN1

/// Text in the form of RFC 7468: a key, a certificate or a signing request between two lines of dashes.
///
/// The text is not looked at until something is read from it.
public struct PEM: Sendable, Hashable {
    /// Longer texts are refused before they are parsed.
    static let maximumBytes = 64 * 1024

    public var text: String

    public init(text: String) { self.text = text }

    /// The content of a file.
    public init(bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    /// The content for a file.
    public var bytes: [UInt8] { Array(text.utf8) }
}

extension PEM {
    /// Writes a value; `name` stands for it in the error.
    init(_ name: String, _ document: @autoclosure () throws -> PEMDocument) throws(StatusError) {
        let document = try StatusError.mapping("cannot write \(name)", to: .internalError) { try document() }
        text = document.pemString + "\n"
    }

    /// The one value that the text holds; `name` stands for it in the error.
    func parse<Value>(_ name: String, _ body: (PEMDocument) throws -> Value) throws(StatusError) -> Value {
        guard text.utf8.count <= Self.maximumBytes else {
            let count = text.utf8.count
            throw StatusError(.badRequest, "\(name) holds \(count) bytes, at most \(Self.maximumBytes) are allowed")
        }
        return try StatusError.mapping("\(name) cannot be read") { try body(PEMDocument(pemString: text)) }
    }
}

extension StatusError {
    /// The errors of the cryptographic libraries, told as "`what`: reason".
    static func mapping<Value>(
        _ what: String, to reason: Reason = .badRequest, _ body: () throws -> Value
    ) throws(StatusError) -> Value {
        do {
            return try body()
        } catch let error as StatusError {
            throw error
        } catch {
            throw StatusError(reason, "\(what): \(plain(error))")
        }
    }

    /// Without the place in the libraries' sources that their descriptions end with.
    private static func plain(_ error: any Error) -> String {
        "\(error)".replacing(/\ \S+\.swift:\d+$/, with: "")
    }
}
