import ArgumentParser
import Centre
import CorbelAPI
import EffectsLinux
import Revisions
import Simulator

/// `corbel rehearse`: one rehearsal for ``ProgramRehearser``, from standard input to standard output.
struct Rehearse: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tries an update out for the centre, on what others leave of the processors.",
        discussion: """
            Reads {cluster, from, to, plan} and prints {forecast} or {refused: {reason, message}}. For users there \
            is `corbel plan --rehearse`.

              corbel rehearse < question.json
            """,
        shouldDisplay: false)

    @Flag(help: "Leave the processors to others, and end when nobody reads standard output.")
    var background = false

    /// As much as a plan and its two revisions may come to.
    static let inputLimit = 64 << 20

    func run(in context: CommandContext) async throws -> Int32 {
        if background {
            OwnProgram.stepBack()
            Tether.endWithOutput()
        }
        let input = try await context.console.readInput(limit: Self.inputLimit)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: input)
        } catch {
            throw CommandFailure("standard input holds no JSON document: \(error)")
        }
        let change = try ProposedChange(json: json)
        context.console.writeResult(try await answer(to: change).encodedText + "\n")
        return 0
    }

    private func answer(to change: ProposedChange) async throws -> JSONValue {
        do {
            var rehearsal = PlanRehearsal()
            return ["forecast": try await rehearsal.forecast(of: change).json]
        } catch let refusal as RehearsalRefusal {
            return ["refused": RehearsalObstacle("DoesNotComeUp", "\(refusal)").json]
        }
    }
}
