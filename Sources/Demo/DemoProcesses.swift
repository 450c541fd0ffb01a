import CorbelAPI
import Effects
import EffectsLinux

/// The programs of a stage: the centre and the machines. Each is a process group of its own, so that ending the group
/// is pulling its plug, and all of them end with this process, however it ends.
struct DemoProcesses: Sendable {
    static let centre = "centre"

    let supervisor: ProcessSupervisor

    /// - Parameter hasEnded: is told which program has ended by itself.
    init(layout: DemoLayout, hasEnded: @escaping @Sendable (String) async -> Void) {
        supervisor = ProcessSupervisor(hasEnded: hasEnded) { name in
            name == Self.centre ? Self.centre(layout) : Self.host(name, layout)
        }
    }

    private static func centre(_ layout: DemoLayout) -> ServiceDefinition {
        // The centre lives by the clock of the world. A host is silent for as long as its own time says.
        let timeout = max(10, 300 / layout.settings.speed)
        return ServiceDefinition(
            program: layout.settings.corbelPath,
            arguments: [
                "serve", "--data-dir", layout.centreDirectory, "--listen", layout.addresses.centreEndpoint,
                "--heartbeat-timeout", String(timeout), "--end-with-input",
            ],
            logPath: layout.logPath(centre), isTethered: true)
    }

    private static func host(_ name: String, _ layout: DemoLayout) -> ServiceDefinition {
        ServiceDefinition(
            program: layout.settings.standinPath,
            arguments: [
                "host", "--config", layout.hostConfigurationPath(name), "--speed", String(layout.settings.speed),
                "--epoch", layout.epoch.rfc3339, "--end-with-input",
            ],
            logPath: layout.logPath(name), isTethered: true)
    }
}
