import CorbelAPI
import Effects
import YAML

/// Why a command failed: one sentence for people, and what they can do next.
struct CommandFailure: Error, Hashable {
    var message: String
    /// Empty where there is nothing to advise.
    var hint: String
    /// Whether no word was exchanged with the server.
    var isAboutConnection = false

    init(_ message: String, hint: String = "") {
        self.message = Self.oneLine(message)
        self.hint = Self.oneLine(hint)
    }

    /// The sentence for any error that reaches a command's end.
    init(diagnosing error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as StatusError: self.init(error.message, hint: Self.hint(for: error))
        case let error as EffectError: self.init(error.message, hint: Self.hint(for: error))
        case let error as YAMLError: self.init("no YAML that can be read: \(error)")
        case is CancellationError: self = .interrupted
        default: self.init("\(error)")
        }
    }

    /// The failure to reach a server.
    static func connection(_ message: String, hint: String) -> CommandFailure {
        var failure = CommandFailure(message, hint: hint)
        failure.isAboutConnection = true
        return failure
    }

    static let interrupted = CommandFailure(
        "interrupted", hint: "what was written stays and goes on; `corbel explain` shows how far it is")

    /// `error: …`, and a line with the hint.
    var text: String { "error: \(message)\n" + (hint.isEmpty ? "" : "hint: \(hint)\n") }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    private static func hint(for error: StatusError) -> String {
        switch error.reason {
        case .unauthorized: "the server does not know these credentials; name another kubeconfig with --kubeconfig"
        case .forbidden: "these credentials may not do this; ask whoever administers the project"
        case .notFound: "`corbel get <kind>` lists what there is; -n names another namespace"
        case .conflict: "somebody else changed it, or owns the field: look at it again, then repeat the command"
        case .invalid, .badRequest: "correct the fields that the message names, then repeat the command"
        case .serviceUnavailable, .timeout, .tooManyRequests:
            "repeat the command in a moment; `corbel check` tells more"
        case .internalError: "the log of `corbel serve` tells more"
        default: ""
        }
    }

    private static func hint(for error: EffectError) -> String {
        switch error.code {
        case .notFound: "check the path"
        case .permission: "check who owns the file, and its mode"
        case .noSpace: "free some space, then repeat the command"
        default: ""
        }
    }
}
