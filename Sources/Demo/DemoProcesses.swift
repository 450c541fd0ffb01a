import CorbelAPI
import Effects
import EffectsLinux

/// The processes of a demo: the centre and the machines, children of this one. They end with it when it ends in good
/// order, and with its process group when that is killed.
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
