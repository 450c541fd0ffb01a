import Effects
import EffectsLinux

// The switches: of machines, and of the centre.
extension Stage {
    var allHosts: ClosedRange<Int> { 1...layout.hosts }

    func isOn(host number: Int) async -> Bool {
        await processes.supervisor.state(of: layout.hostName(number)) == .active
    }

    /// Switches a machine on.
    func start(host number: Int) async throws {
        try await processes.supervisor.start(layout.hostName(number))
        await say("\(layout.hostName(number)) is switched on")
    }

    /// Pulls a machine's plug: everything that runs on it ends at once.
    func kill(host number: Int) async {
        await processes.supervisor.kill(layout.hostName(number))
        await say("\(layout.hostName(number)) is killed, with all that runs on it")
    }

    func killCentre() async {
        await processes.supervisor.kill(DemoProcesses.centre)
        await say("the centre is killed")
    }

    /// Starts the centre again, and waits until it answers.
    func startCentre() async throws {
        try await processes.supervisor.start(DemoProcesses.centre)
        _ = try await DemoCentre.waiting(for: layout, files, time)
        await say("the centre is back")
    }
}
