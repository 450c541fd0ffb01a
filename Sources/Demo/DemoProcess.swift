import CorbelAPI
import Effects
import EffectsLinux

/// The processes of a demo: the centre and the machines, each a process group of its own.
///
/// Ending a group is pulling a plug. The programs of a demo end with it, however it ends: they are told to die with
/// their parent.
struct DemoProcesses: Sendable {
    let supervisor: ProcessSupervisor

    init(layout: DemoLayout) {
        supervisor = ProcessSupervisor { name in
            let log = "\(layout.directory)/logs/\(name).log"
            if name == "centre" {
                return ServiceDefinition(
                    program: layout.corbelPath,
                    arguments: ["serve", "--data-dir", layout.centreDirectory, "--listen", "127.0.0.1:0"], logPath: log)
            }
            return ServiceDefinition(
                program: layout.standinPath,
                arguments: [
                    "host", "--config", "\(layout.directory)/hosts/\(name).json", "--speed", String(layout.speed),
                    "--epoch", layout.epoch.rfc3339,
                ],
                logPath: log)
        }
    }
}
