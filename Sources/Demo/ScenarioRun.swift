import Effects
import EffectsLinux

/// A scenario while it is played: the settings, the record, and the stage that is set.
actor ScenarioRun {
    nonisolated let settings: DemoSettings
    nonisolated let addresses: DemoAddresses
    nonisolated let record: ScenarioRecord
    nonisolated let name: String
    private var processes: DemoProcesses?
    private(set) var stage: Stage?

    init(_ scenario: Scenario, _ settings: DemoSettings, _ addresses: DemoAddresses, record: ScenarioRecord) {
        name = scenario.name
        self.addresses = addresses
        self.settings = settings
        self.record = record
    }

    /// Sets a stage: a centre that serves, and as many machines as are asked for, delivered and switched off. The one
    /// before it is cleared.
    ///
    /// - Parameters:
    ///   - act: names a stage of several; each has its own directory.
    ///   - hosts: how many machines there are, where it is not as many as the user says.
    func openStage(act: String? = nil, hosts: Int? = nil) async throws -> Stage {
        await end()
        let place = act.map { "\(name)/\($0)" } ?? name
        let layout = DemoLayout(
            settings, addresses, place: place, hosts: hosts ?? settings.hosts, epoch: SystemClock().now)
        if let act { await record.say("the stage is set for \(act)") }
        let record = record
        let processes = DemoProcesses(layout: layout) { program in
            await record.note(
                ScenarioExpectation(
                    what: "\(program) runs until it is ended", passed: false,
                    saw: "it ended by itself; see \(layout.logPath(program))"))
        }
        self.processes = processes
        let stage = try await Stage.open(layout, processes, record)
        self.stage = stage
        return stage
    }

    /// Sets a stage, and brings its cluster up until all is green: where most stories begin.
    ///
    /// - Parameter wanted: the cluster; one of all machines and both profiles, unless said.
    func openCluster(act: String? = nil, hosts: Int? = nil, _ wanted: WantedCluster? = nil) async throws -> Stage {
        let stage = try await openStage(act: act, hosts: hosts)
        try await stage.askForCluster(wanted)
        try await stage.expectGreenCluster()
        return stage
    }

    /// Ends every program of the stage. What they wrote stays.
    func end() async {
        stage = nil
        await processes?.supervisor.killAll()
        processes = nil
    }
}
