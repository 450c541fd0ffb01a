import Centre
import CorbelAPI
import Effects
import Revisions
import Synchronization

/// Rehearses in a process of its own, `corbel rehearse`: it takes only what others leave of the processors, and however
/// it ends, the server goes on. Changes that are alike are rehearsed once: a profile of a thousand clusters may change
/// all of them in the same way.
final class ProgramRehearser: UpdateRehearser {
    /// The path of `corbel`.
    let program: String
    let commands: any CommandRunner
    /// After how long a rehearsal is given up.
    private static let timeout = Duration.seconds(900)
    /// How many forecasts are kept.
    private static let memory = 64

    /// By the digests of shapes, the latest last.
    private let known = Mutex<[(shape: String, forecast: JSONValue)]>([])

    init(program: String, commands: any CommandRunner) {
        self.program = program
        self.commands = commands
    }

    func rehearse(_ change: ProposedChange) async throws -> RehearsalOutcome {
        let shape = ChangeShape(of: change)
        let digest = shape.digest
        if let forecast = known.withLock({ known in known.first { $0.shape == digest }?.forecast }) {
            return .forecast(shape.names.resolving(forecast))
        }
        switch try await outcome(of: shape.change) {
        case .forecast(let forecast):
            known.withLock { known in
                if known.count >= Self.memory { known.removeFirst() }
                known.append((digest, forecast))
            }
            return .forecast(shape.names.resolving(forecast))
        case .refused(let obstacle):
            return .refused(RehearsalObstacle(obstacle.reason, shape.names.resolving(obstacle.message)))
        }
    }

    private func outcome(of change: ProposedChange) async throws -> RehearsalOutcome {
        let command = Command(
            program, ["rehearse", "--background"], input: change.json.encoded, outputLimit: 4 << 20,
            timeout: Self.timeout)
        let result: CommandResult
        do {
            result = try await commands.run(command)
        } catch let error as EffectError where error.code == .timeout {
            return Self.refused("TookTooLong", "it was not through after \(Self.timeout)")
        } catch let error as EffectError {
            return Self.refused("CannotRun", error.message)
        }
        guard result.isSuccess, !result.isTruncated else {
            let said = String(decoding: result.errorOutput, as: UTF8.self).trimmingLineEnd
            return Self.refused("Failed", said.isEmpty ? "it ended with \(result.termination)" : said)
        }
        return Self.outcome(result.output)
    }

    private static func outcome(_ output: [UInt8]) -> RehearsalOutcome {
        do {
            let json = try JSONValue(parsing: output)
            if let forecast = json["forecast"] { return .forecast(forecast) }
            if let obstacle = json["refused"].flatMap(RehearsalObstacle.init(json:)) { return .refused(obstacle) }
            return refused("Failed", "its answer is none")
        } catch {
            return refused("Failed", "its answer is no JSON document: \(error)")
        }
    }

    private static func refused(_ reason: String, _ message: String) -> RehearsalOutcome {
        .refused(RehearsalObstacle(reason, message))
    }
}
