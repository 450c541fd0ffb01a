import ArgumentParser
import CorbelAPI
import Demo
import Effects
import EffectsLinux
import Glibc

/// `corbel demo`: the main job on this machine.
struct DemoCommand: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Shows the main job on this machine: bare hosts become a cluster.",
        discussion: """
            Machines exist as directories, each with the real agent, a real etcd and a stand-in for Kubernetes. Nothing
            of this machine is changed outside the data directory; Ctrl-C ends everything.

              corbel demo
              corbel demo --scenario provision --exit --output json
              corbel demo --scenario all --exit
              kubectl --kubeconfig corbel-demo/centre.kubeconfig get edgehosts,edgeclusters

            Scenarios:

            \(scenarioList)
            """)

    private static var scenarioList: String {
        let width = Scenario.all.map(\.name.count).max() ?? 0
        return Scenario.all.map { scenario in
            "  " + scenario.name + String(repeating: " ", count: width + 2 - scenario.name.count) + scenario.summary
        }.joined(separator: "\n")
    }

    @Option(name: .customLong("data-dir"), help: "Where everything is kept.")
    var dataDirectory = "corbel-demo"

    @Option(help: "The scenario to play, or `all`.")
    var scenario = "provision"

    @Flag(help: "List the scenarios.")
    var list = false

    @Option(help: "How many machines there are.")
    var hosts = 3

    @Option(help: "The directory with the sample packs and profiles.")
    var examples = "examples"

    @Option(help: "How much faster the cluster's time runs, 1 to 30.")
    var speed = 10

    @Option(help: "What chance follows from; drawn and told unless given.")
    var seed: UInt64?

    @Flag(help: "End when the scenario has ended, rather than stay.")
    var exit = false

    @Option(name: [.short, .long], help: "How the result is printed.")
    var output = OutputFormat.table

    func validate() throws {
        guard (1...5).contains(hosts) else { throw ValidationError("--hosts: \(hosts) is not from 1 to 5") }
        guard (1...30).contains(speed) else { throw ValidationError("--speed: \(speed) is not from 1 to 30") }
        guard !scenarios.isEmpty else {
            let known = (Scenario.all.map(\.name) + ["all"]).joined(separator: ", ")
            throw ValidationError("--scenario: \"\(scenario)\" is none of \(known)")
        }
    }

    private var scenarios: [Scenario] {
        scenario == "all" ? Scenario.all : Scenario.all.filter { $0.name == scenario }
    }

    func run(in context: CommandContext) async throws -> Int32 {
        if list {
            context.console.writeResult(output.render(Self.listDocument, text: Self.scenarioList + "\n"))
            return 0
        }
        let settings = DemoSettings(
            directory: context.absolute(dataDirectory), corbelPath: try Self.program("corbel"),
            standinPath: try Self.program("corbel-standin"), examplesDirectory: context.absolute(examples),
            hosts: hosts, speed: speed, seed: seed ?? Self.drawnSeed(context.random))
        let demo = Demo(settings) { context.progress.event(DemoText.line($0)) }
        do {
            return try await demo.hold { try await play(demo, context) }
        } catch is CancellationError {
            throw CommandFailure("interrupted", hint: "everything that the demo had started has been ended")
        }
    }

    private func play(_ demo: Demo, _ context: CommandContext) async throws -> Int32 {
        let report = try await demo.play(scenarios)
        context.console.writeResult(output.render(report.json, text: DemoText.summary(of: report)))
        if let failure = report.failure {
            context.console.writeProgress(CommandFailure(failure.message, hint: failure.hint).text)
        }
        if !exit {
            context.console.writeProgress(invitation(in: context.absolute(dataDirectory)))
            // Ctrl-C is how this ends, and no failure.
            do { try await demo.stay() } catch is CancellationError { return report.passed ? 0 : 1 }
        }
        return report.passed ? 0 : 1
    }

    private func invitation(in directory: String) -> String {
        let nextSystem = DemoSettings.nextSystemPath(in: directory)
        return DemoText.invitation(
            directory: directory, corbel: CommandLine.arguments.first ?? "corbel",
            nextSystem: access(nextSystem, R_OK) == 0 ? nextSystem : nil)
    }

    /// Short enough to be typed again.
    private static func drawnSeed(_ random: any RandomSource) -> UInt64 {
        UInt64(random.bytes(2).reduce(0) { $0 << 8 | Int($1) })
    }

    private static var listDocument: JSONValue {
        let entries = Scenario.all.map { scenario -> JSONValue in
            ["name": .string(scenario.name), "summary": .string(scenario.summary)]
        }
        return ["scenarios": .array(entries)]
    }

    /// A program that lies beside this one.
    private static func program(_ name: String) throws -> String {
        let own = try OwnProgram.path()
        let path = own[...(own.lastIndex(of: "/") ?? own.startIndex)] + name
        guard access(String(path), X_OK) == 0 else {
            throw StatusError(.notFound, "\(path) is not there; build it with `make build`")
        }
        return String(path)
    }
}
