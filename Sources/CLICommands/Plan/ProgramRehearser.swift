import Centre
import CorbelAPI
import Effects
import Revisions

/// Rehearses in a process of its own, `corbel rehearse`: it takes only what others leave of the processors, and however
/// it ends, the server goes on.
struct ProgramRehearser: UpdateRehearser {
    /// The path of `corbel`.
    let program: String
    let commands: any CommandRunner
    /// After how long a rehearsal is given up.
    var timeout = Duration.seconds(900)

    func rehearse(_ change: ProposedChange) async throws -> RehearsalOutcome {
        let command = Command(
            program, ["rehearse", "--background"], input: change.json.encoded, outputLimit: 4 << 20, timeout: timeout)
        let result: CommandResult
        do {
            result = try await commands.run(command)
        } catch let error as EffectError where error.code == .timeout {
            return Self.refused("TookTooLong", "it was not through after \(timeout)")
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
