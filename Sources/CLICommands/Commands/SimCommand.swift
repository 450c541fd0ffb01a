import ArgumentParser
import CorbelAPI
import Effects
import Simulator

/// `corbel sim`: runs simulated worlds, and says which of them broke a law.
struct SimCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "sim", abstract: "Runs simulated worlds under faults, and checks the laws.",
        discussion: """
            Each seed is a world of its own: a cluster comes up, moves to its site and takes an upgrade while power,
            links, processes and requests fail; then the world heals, and must come to rest. A seed gives the same run
            each time.

              corbel sim --seeds 1..1000
              corbel sim --seed 42 --trace story.txt

            The exit code is 0 only if every law held.
            """)

    @Option(help: "The seeds to run, as FIRST..LAST.")
    var seeds: SeedRange?

    @Option(help: "One seed to run.")
    var seed: UInt64?

    @Option(help: "The file that the story of one run goes to.")
    var trace: String?

    @Option(name: [.short, .long], help: "How the result is printed.")
    var output = OutputFormat.table

    func validate() throws {
        guard (seeds == nil) != (seed == nil) else {
            throw ValidationError("either --seeds FIRST..LAST or --seed N says what to run")
        }
        guard trace == nil || seed != nil else { throw ValidationError("--trace tells the story of one --seed") }
    }

    func run(in context: CommandContext) async throws -> Int32 {
        if let seed { return try await runOne(seed, context) }
        let range = seeds?.range ?? 1...1
        let campaign = SimulationCampaign(range, time: context.time) { context.progress.event($0) }
        let report = try await campaign.run()
        context.console.writeResult(output.render(report.json, text: report.text))
        return report.failures.isEmpty ? 0 : 1
    }

    private func runOne(_ seed: UInt64, _ context: CommandContext) async throws -> Int32 {
        let result = Simulation(seed: seed, keepsTrace: trace != nil).run()
        if let trace {
            let text = result.story.joined(separator: "\n") + "\n"
            try await context.files.writeDurably(context.absolute(trace), Array(text.utf8), mode: 0o644)
        }
        var report = SimulationReport()
        report.take(result)
        context.console.writeResult(output.render(report.json, text: report.text))
        return result.violations.isEmpty ? 0 : 1
    }
}

/// `1..1000`, both included.
struct SeedRange: ExpressibleByArgument {
    var range: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.split(separator: ".", omittingEmptySubsequences: true).map { UInt64($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, argument.contains("..") else {
            return nil
        }
        range = first...last
    }
}
