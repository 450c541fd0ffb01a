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
              corbel sim --seeds 1..100000 --world mixed --ledger ledger.json
              corbel sim --seed 42 --trace story.txt
              corbel sim --seed 42 --shrink > script.txt
              corbel sim --script script.txt

            The exit code is 0 only if every law held.
            """)

    @Option(help: "The seeds to run, as FIRST..LAST; FIRST.. goes on until --for has passed.")
    var seeds: SeedRange?

    @Option(name: .customLong("for"), help: "Begin with no further seed after that long, such as 10m.")
    var limit: DurationArgument?

    @Option(help: "one: a cluster of five hosts. mixed: five clusters of one to seven hosts.")
    var world = SimulationWorld.one

    @Flag(help: "Run each seed twice; both runs must leave the same trace.")
    var twice = false

    @Option(help: "A file that takes down how far --seeds has come; with the same file it goes on from there.")
    var ledger: String?

    @Option(help: "One seed to run.")
    var seed: UInt64?

    @Option(help: "A file with a script to run.")
    var script: String?

    @Option(help: "The file that the story of one run goes to.")
    var trace: String?

    @Flag(help: "Look for the shortest script that breaks the same law, and print it.")
    var shrink = false

    @Option(name: [.short, .long], help: "How the result is printed.")
    var output = OutputFormat.table

    func validate() throws {
        guard [seeds != nil, seed != nil, script != nil].filter(\.self).count == 1 else {
            throw ValidationError("one of --seeds FIRST..LAST, --seed N and --script FILE says what to run")
        }
        guard limit != nil || seeds?.isOpen != true else {
            throw ValidationError("--seeds: \"FIRST..\" has no end; --for says when to stop")
        }
        guard seeds == nil || trace == nil && !shrink else {
            throw ValidationError("--trace and --shrink are about one run, by --seed or --script")
        }
        guard seeds != nil || ledger == nil && !twice else {
            throw ValidationError("--ledger and --twice are about many runs, by --seeds")
        }
    }

    func run(in context: CommandContext) async throws -> Int32 {
        if let one = try await oneScript(context) { return try await run(one, context) }
        let report = try await runMany(seeds?.range ?? 1...1, context)
        context.console.writeResult(output.render(report.json, text: report.text))
        return report.failures.isEmpty ? 0 : 1
    }

    private func runMany(_ range: ClosedRange<UInt64>, _ context: CommandContext) async throws -> SimulationReport {
        let ledger = self.ledger.map { SimulationLedger(path: context.absolute($0), files: context.files) }
        let begun = try await ledger?.read(world: world, first: range.lowerBound) ?? SimulationReport()
        let done = UInt64(begun.runs)
        guard done <= range.upperBound - range.lowerBound else { return begun }
        if done > 0 { context.progress.event("going on with seed \(range.lowerBound + done)") }
        let campaign = SimulationCampaign(
            seeds: (range.lowerBound + done)...range.upperBound, world: world, runsTwice: twice,
            limit: limit?.duration, time: context.time, progress: { context.progress.event($0) },
            save: { try await ledger?.write($0, world: world, first: range.lowerBound) })
        return try await campaign.run(after: begun)
    }

    /// The script of the one run that is asked for.
    private func oneScript(_ context: CommandContext) async throws -> Script? {
        if let seed { return Script(drawnFrom: seed, for: world.configuration) }
        guard let script else { return nil }
        let bytes = try await context.files.read(context.absolute(script), limit: 1 << 20)
        do {
            return try Script(parsing: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw CommandFailure(
                "\(script), \(error)", hint: "`corbel sim --seed N --shrink` shows what scripts look like")
        }
    }

    private func run(_ script: Script, _ context: CommandContext) async throws -> Int32 {
        if shrink {
            let shortest = Simulation(script, configuration: world.configuration).shrunk()
            context.console.writeResult(shortest?.text ?? script.text)
            context.console.writeProgress(shortest == nil ? "every law held" : "this breaks the law, too")
            return shortest == nil ? 0 : 1
        }
        let result = Simulation(script, configuration: world.configuration, keepsTrace: trace != nil).run()
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

extension SimulationWorld: ExpressibleByArgument {}

/// `1..1000`, both included; `1..` has no end.
struct SeedRange: ExpressibleByArgument {
    var range: ClosedRange<UInt64>

    var isOpen: Bool { range.upperBound == .max }

    init?(argument: String) {
        let ends = argument.components(around: "..")
        guard let ends, let first = UInt64(ends.0), let last = ends.1.isEmpty ? .max : UInt64(ends.1), first <= last
        else { return nil }
        range = first...last
    }
}

extension String {
    /// What stands before and after the only occurrence of a separator.
    fileprivate func components(around separator: String) -> (Substring, Substring)? {
        let parts = split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
}
