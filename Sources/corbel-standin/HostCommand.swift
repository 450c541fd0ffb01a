import ArgumentParser
import CorbelAPI
import EffectsLinux
import Logging
import SimulatedHost

/// A machine that exists as a directory, with the real agent on it.
struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host", abstract: "Stands in for a machine: two slots, a boot loader, a disk, in a directory.")

    @OptionGroup var options: CommonOptions

    @Flag(
        name: .customLong("end-with-input"),
        help: "End at once, with all that runs on the machine, when standard input does.")
    var endsWithInput = false

    func run() async throws {
        if endsWithInput { Tether.endWithInput() }
        let json = try JSONValue(parsing: try await LinuxFiles().read(options.path, limit: 1 << 20))
        guard let directory = json["directory"]?.stringValue, let address = json["address"]?.stringValue,
            let image = json["factoryImage"], let agent = json["agent"], let standin = json["standinPath"]?.stringValue
        else {
            throw ValidationError(
                "\(options.path): directory, address, factoryImage, agent and standinPath are required")
        }
        var logger = Logger(label: "corbel-standin.host")
        logger.logLevel = Logger.Level(rawValue: options.logLevel) ?? .notice
        let machine = SimulatedMachine(
            .init(
                directory: directory, address: address, factoryImage: image, agent: agent, standinPath: standin,
                speed: options.speed,
                epoch: options.epoch.flatMap { Timestamp(rfc3339: $0) } ?? SystemClock().now), logger: logger)
        try await UntilSignal.run { try await machine.run() }
    }
}
