import CorbelAPI

/// One thing that was looked at, and how it is.
struct CheckResult: Sendable, Hashable {
    enum Level: String, Sendable, Hashable {
        case ok = "Passed"
        case warning = "Warning"
        case failure = "Failed"

        var mark: String {
            switch self {
            case .ok: "√"
            case .warning: "‼"
            case .failure: "×"
            }
        }
    }

    var level: Level
    /// What holds, or should.
    var what: String
    /// What was found.
    var message: String
    /// What to do about it.
    var hint: String

    static func ok(_ what: String, _ message: String = "") -> CheckResult {
        CheckResult(level: .ok, what: what, message: message, hint: "")
    }

    static func warning(_ what: String, _ message: String, hint: String) -> CheckResult {
        CheckResult(level: .warning, what: what, message: message, hint: hint)
    }

    static func failure(_ what: String, _ message: String, hint: String) -> CheckResult {
        CheckResult(level: .failure, what: what, message: message, hint: hint)
    }
}

/// Checks that belong together.
struct CheckGroup: Sendable, Hashable {
    var name: String
    var checks: [CheckResult]
}

/// All that was checked.
struct CheckReport: Sendable, Hashable {
    var groups: [CheckGroup]

    var hasPassed: Bool { !groups.flatMap(\.checks).contains { $0.level == .failure } }

    /// `{passed, groups: [{name, checks: [{what, result: Passed|Warning|Failed, message?, hint?}]}]}`.
    var json: JSONValue {
        let groups = groups.map { group -> JSONValue in
            ["name": .string(group.name), "checks": .array(group.checks.map(Self.json))]
        }
        return ["passed": .bool(hasPassed), "groups": .array(groups)]
    }

    private static func json(_ check: CheckResult) -> JSONValue {
        var json: JSONValue = ["what": .string(check.what), "result": .string(check.level.rawValue)]
        if !check.message.isEmpty { json["message"] = .string(check.message) }
        if !check.hint.isEmpty { json["hint"] = .string(check.hint) }
        return json
    }

    var text: String {
        let parts = groups.map { group in
            let title = "\(group.name)\n\(String(repeating: "-", count: group.name.count))\n"
            return title + group.checks.map(Self.text).joined()
        }
        return parts.joined(separator: "\n") + "\nStatus: \(hasPassed ? "√" : "×")\n"
    }

    private static func text(_ check: CheckResult) -> String {
        let message = check.message.isEmpty ? "" : "\n    \(check.message)"
        let hint = check.hint.isEmpty ? "" : "\n    hint: \(check.hint)"
        return "\(check.level.mark) \(check.what)\(message)\(hint)\n"
    }
}
