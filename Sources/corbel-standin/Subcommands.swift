import ArgumentParser
import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import Logging
import SiteStandin

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "The configuration, a JSON file.")
    var config: String

    @Option(help: "How much faster the cluster's time runs, 1 to 30.")
    var speed = 1

    @Option(
        help: """
            The moment, in RFC 3339, from which the time runs faster; the same for all programs of a cluster. Without \
            it each program begins at its own start.
            """)
    var epoch: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error.")
    var logLevel = "notice"

    func validate() throws {
        guard (1...30).contains(speed) else { throw ValidationError("--speed: \(speed) is not from 1 to 30") }
        guard epoch.map({ Timestamp(rfc3339: $0) != nil }) ?? true else {
            throw ValidationError("--epoch: \"\(epoch ?? "")\" is no moment such as 2026-11-21T09:30:00Z")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level: \"\(logLevel)\" is none of trace, debug, info, notice, warning, error")
        }
    }

    /// The configuration's path, from the root on.
    var path: String {
        guard !config.hasPrefix("/"), let directory = getcwd(nil, 0) else { return config }
        defer { free(directory) }
        return "\(String(cString: directory))/\(config)"
    }

    func effects(_ label: String) -> StandinEffects {
        var logger = Logger(label: "corbel-standin.\(label)")
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        let clock = SystemClock()
        let time = ScaledTime(clock, factor: speed, epoch: epoch.flatMap { Timestamp(rfc3339: $0) })
        return StandinEffects(files: LinuxFiles(), time: time, worldTime: clock, random: SystemRandom(), logger: logger)
    }
}

struct APIServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apiserver", abstract: "Stands in for kube-apiserver, over a real etcd.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let effects = options.effects("apiserver")
        let server = StandinAPIServer(try await .init(readingFrom: options.path, effects.files), effects)
        try await UntilSignal.run { try await server.run() }
    }
}

struct ControllersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controllers", abstract: "Stands in for kube-controller-manager and kube-scheduler.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let effects = options.effects("controllers")
        let controllers = StandinControllers(try await .init(readingFrom: options.path, effects.files), effects)
        try await UntilSignal.run { try await controllers.run() }
    }
}

struct KubeletCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubelet", abstract: "Stands in for a kubelet: a node, its lease, and its pods on paper.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let effects = options.effects("kubelet")
        let kubelet = StandinKubelet(try await .init(readingFrom: options.path, effects.files), effects)
        try await UntilSignal.run { try await kubelet.run() }
    }
}
