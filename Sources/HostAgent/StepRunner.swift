import CorbelAPI
import Effects
import HostPlan
import Logging

/// Carries out the steps that a distribution or the user's stages ask for, one after the other.
struct StepRunner: Sendable {
    let effects: HostEffects
    let conditions: ConditionChecker
    let logger: Logger

    /// - Throws: ``HostFailure`` of the step that failed and may not.
    func run(_ steps: [HostStep]) async throws {
        for step in steps {
            guard try await isDue(step) else { continue }
            logger.info("step: \(step.name)")
            do {
                try await run(step.operation)
            } catch let failure as HostFailure where step.mayFail {
                logger.info("step: \(step.name) failed, which it may: \(failure.message)")
            } catch let failure as HostFailure {
                throw HostFailure(failure.kind, "\(step.name): \(failure.message)")
            }
        }
    }

    private func isDue(_ step: HostStep) async throws -> Bool {
        for condition in step.onlyIf where try await !conditions.holds(condition) { return false }
        for condition in step.unless where try await conditions.holds(condition) { return false }
        return true
    }

    private func run(_ operation: HostStep.Operation) async throws {
        try await HostFailure.mapping {
            switch operation {
            case .writeFile(let file):
                try await effects.files.makeDirectory(file.path.parentDirectory, mode: 0o755)
                try await effects.files.writeDurably(file.path, file.content, mode: UInt16(file.mode))
                if let owner = file.owner { try await command(["chown", owner, file.path], .seconds(10)) }
            case .makeDirectory(let path, let mode): try await effects.files.makeDirectory(path, mode: UInt16(mode))
            case .remove(let path): try await effects.files.remove(path)
            case .run(let words, let timeout): try await command(words, timeout)
            case .shell(let script, let timeout): try await command(["sh", "-c", script], timeout)
            case .startService(let name): try await effects.services.start(name)
            case .stopService(let name): try await effects.services.stop(name)
            case .restartService(let name): try await effects.services.restart(name)
            case .waitFor(let condition, let timeout): try await wait(for: condition, timeout)
            case .setHostname(let name): try await command(["hostnamectl", "set-hostname", name], .seconds(10))
            case .ensureUser(let user): try await UserAccounts(effects: effects).ensure(user)
            case .authorizeKeys(let user, let keys): try await UserAccounts(effects: effects).authorize(keys, for: user)
            }
        }
    }

    private func command(_ words: [String], _ timeout: Duration) async throws {
        guard let program = words.first else { throw HostFailure(.invalid, "an empty command") }
        let result = try await effects.commands.run(Command(program, Array(words.dropFirst()), timeout: timeout))
        guard result.isSuccess else {
            // The last line says why; those before it go on for pages.
            let lines = String(decoding: result.errorOutput.suffix(4096), as: UTF8.self).split(
                whereSeparator: \.isNewline)
            let last = lines.last { $0.contains { !$0.isWhitespace } } ?? ""
            throw HostFailure(
                .commandFailed, "\(program) ended with \(result.termination): \(last.suffix(400))")
        }
    }

    /// Waits until a condition holds; the limit counts uptime.
    private func wait(for condition: HostCondition, _ timeout: Duration) async throws {
        let deadline = effects.time.uptime + timeout
        while try await !conditions.holds(condition) {
            guard effects.time.uptime < deadline else {
                throw HostFailure(.timeout, "\(condition) did not come true in time")
            }
            try await effects.time.sleep(for: .milliseconds(500))
        }
    }
}

extension HostFailure {
    /// Maps what the effects throw, once.
    static func mapping<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as EffectError {
            throw HostFailure(Kind(error.code), error.message)
        } catch let error as StatusError {
            throw HostFailure(error.isTransient ? .unavailable : .invalid, error.message)
        } catch is CancellationError {
            throw HostFailure(.cancelled, "it was told to end")
        }
    }
}

extension HostFailure.Kind {
    init(_ code: EffectError.Code) {
        self =
            switch code {
            case .noSpace: .noSpace
            case .notFound: .notFound
            case .timeout: .timeout
            case .corrupt: .digestMismatch
            case .invalid: .invalid
            default: .io
            }
    }
}

extension String {
    /// Everything before the last slash; `/` for a path at the root.
    var parentDirectory: String {
        guard let slash = lastIndex(of: "/"), slash != startIndex else { return "/" }
        return String(self[..<slash])
    }
}
