/// Calls that must not stand in some part of the house, each with what to write in their place.
struct BannedCallRule: FileRule {
    let name = "banned-call"
    var layering = Layering.corbel

    /// Where a call is banned.
    enum Scope: Sendable {
        case pureModules
        case modules(butNot: Set<String>)
        case tests
    }

    struct Ban: Sendable {
        /// Words and symbols in a row; `_` stands for any identifier.
        var pattern: [String]
        var scope: Scope
        var instead: String
        /// An argument label that makes the call harmless.
        var unless: String?

        init(_ pattern: String, _ scope: Scope, _ instead: String, unless label: String? = nil) {
            self.pattern = pattern.split(separator: " ").map(String.init)
            self.scope = scope
            self.instead = instead
            unless = label
        }

        /// Where the pattern's first word stands in it: the one that is looked for.
        var anchor: Int { pattern.firstIndex { $0.first?.isLetter ?? false } ?? 0 }
    }

    private let byWord: [String: [Ban]]

    init(_ bans: [Ban] = BannedCallRule.bans) {
        byWord = Dictionary(grouping: bans) { $0.pattern[$0.anchor] }
    }

    func violations(in file: SourceFile) -> [Violation] {
        file.tokens.indices.flatMap { index -> [Violation] in
            guard file.tokens[index].kind == .identifier, let bans = byWord[file.tokens[index].text] else { return [] }
            let found = bans.first { applies($0.scope, to: file.area) && matches($0, at: index, in: file) }
            return found.map { [violation($0, file, line: file.tokens[index].line)] } ?? []
        }
    }

    private func violation(_ ban: Ban, _ file: SourceFile, line: Int) -> Violation {
        Violation(
            rule: name, path: file.path, line: line, message: "`\(ban.pattern.joined())` must not stand here",
            instead: ban.instead)
    }

    private func matches(_ ban: Ban, at index: Int, in file: SourceFile) -> Bool {
        let start = index - ban.anchor
        guard start >= 0, start + ban.pattern.count <= file.tokens.count else { return false }
        let isFound = ban.pattern.indices.allSatisfy { offset in
            let token = file.tokens[start + offset]
            if ban.pattern[offset] == "_" { return token.kind == .identifier }
            return token.kind != .string && token.text == ban.pattern[offset]
        }
        return isFound && !(ban.unless.map { hasArgument($0, ofCallAt: index, in: file) } ?? false)
    }

    private func hasArgument(_ label: String, ofCallAt index: Int, in file: SourceFile) -> Bool {
        guard index + 1 < file.tokens.count, file.tokens[index + 1].isSymbol("(") else { return false }
        return file.tokens[index..<file.indexAfterBrackets(at: index + 1)].contains { $0.isWord(label) }
    }

    private func applies(_ scope: Scope, to area: SourceFile.Area) -> Bool {
        switch (scope, area) {
        case (.pureModules, .module(let name)): layering.modules[name]?.isPure ?? false
        case (.modules(let exempt), .module(let name)): !exempt.contains(name)
        case (.tests, .tests): true
        default: false
        }
    }
}

extension BannedCallRule {
    private static let programs: Set<String> = ["corbel", "corbel-agent"]
    private static let outsideEffects = Scope.modules(butNot: programs.union(["EffectsLinux"]))
    private static let outsideCommands = Scope.modules(butNot: programs.union(["CLICommands"]))

    static let bans: [Ban] = pureBans + effectBans + safetyBans + testBans

    private static let pureBans = [
        Ban("async", .pureModules, "Return an intent or an action; the shell performs it"),
        Ban("await", .pureModules, "Return an intent or an action; the shell performs it"),
        Ban("actor _", .pureModules, "Use a struct; the shell owns what outlives a call"),
        Ban("Task", .pureModules, "Return an intent or an action; the shell performs it"),
        Ban("Date (", .pureModules, "Take `now` as a parameter"),
        Ban("ContinuousClock", .pureModules, "Take `now` as a parameter"),
        Ban("SuspendingClock", .pureModules, "Take `now` as a parameter"),
        Ban("sleep", .pureModules, "Return when to be called again"),
        Ban(". random", .pureModules, "Take a generator as a parameter and pass it as `using:`", unless: "using"),
        Ban("SystemRandomNumberGenerator", .pureModules, "Take a generator as a parameter"),
        Ban("Hasher (", .pureModules, "Compute a digest: a hash differs from process to process"),
        Ban(". hashValue", .pureModules, "Compute a digest: a hash differs from process to process"),
    ]

    private static let effectBans = [
        Ban("Task {", outsideEffects, "Use a task group, or run it as a Service"),
        Ban("Task (", outsideEffects, "Use a task group, or run it as a Service"),
        Ban("Task <", outsideEffects, "Use a task group, or run it as a Service"),
        Ban("Task . detached", outsideEffects, "Use a task group, or run it as a Service"),
        Ban("Task . sleep", outsideEffects, "Sleep on the clock of Effects"),
        Ban("Date ( )", outsideEffects, "Ask the clock of Effects"),
        Ban(". random (", outsideEffects, "Draw from the generator of Effects with `using:`", unless: "using"),
        Ban(". randomElement ( )", outsideEffects, "Draw from the generator of Effects with `using:`"),
        Ban(". shuffled ( )", outsideEffects, "Draw from the generator of Effects with `using:`"),
        Ban(". shuffle ( )", outsideEffects, "Draw from the generator of Effects with `using:`"),
        Ban("UUID ( )", outsideEffects, "Draw from the generator of Effects"),
        Ban("SystemRandomNumberGenerator", outsideEffects, "Draw from the generator of Effects"),
    ]

    private static let safetyBans = [
        Ban("fatalError ( )", .modules(butNot: []), "Say in a message what was thought impossible"),
        Ban("preconditionFailure ( )", .modules(butNot: []), "Say in a message what was thought impossible"),
        Ban("print (", outsideCommands, "Log it, or return it to the command"),
        Ban("debugPrint (", outsideCommands, "Log it, or return it to the command"),
        Ban("dump (", outsideCommands, "Log it, or return it to the command"),
    ]

    private static let testBans = [
        Ban(". disabled (", .tests, "Make the test pass or delete it: no test skips in silence"),
        Ban("Thread . sleep", .tests, "Wait for the event itself"),
        Ban("Task . sleep", .tests, "Wait for the event itself"),
        Ban("XCTest", .tests, "Write it with Swift Testing"),
        Ban("XCTestCase", .tests, "Write it with Swift Testing"),
    ]
}
