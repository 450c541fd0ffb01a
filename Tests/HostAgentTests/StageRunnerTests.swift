import CorbelAPI
import Effects
import ScriptedEffects
import Testing

@testable import HostAgent

@Suite("Stages of a host")
struct StageRunnerTests {
    private static let stages = HostStages(
        profile: ["boot": [["commands": ["profile boot"]]], "reconcile": [["commands": ["profile reconcile"]]]],
        userData: [
            "runcmd": ["user once"], "write_files": [["path": "/etc/motd", "content": "hello"]],
            "stages": ["boot": [["commands": ["user boot"]]], "reconcile": [["commands": ["user reconcile"]]]],
        ])

    /// What has run since the last look.
    private func ran(_ host: TestHost, since count: Int = 0) -> [String] {
        host.commands.lines.dropFirst(count).map { $0.replacing("sh -c ", with: "") }
    }

    @Test("a boot's stages run once a boot, cloud-init's own keys once a system, reconcile each time")
    func oncePerBoot() async throws {
        let host = try TestHost()
        try await host.stages.run(Self.stages)
        let reconcile = ["profile reconcile", "user reconcile"]
        #expect(ran(host) == ["profile boot", "user once", "user boot"] + reconcile)
        #expect(host.files.texts["/etc/motd"] == "hello")
        try await host.stages.run(Self.stages)
        #expect(ran(host, since: 5) == reconcile)
        host.power.nextBoot()
        try await host.stages.run(Self.stages)
        #expect(ran(host, since: 7) == ["profile boot", "user boot"] + reconcile)
    }

    @Test("a system that is written anew, and another document, get cloud-init's keys again")
    func oncePerSystem() async throws {
        let host = try TestHost()
        try await host.stages.run(Self.stages)
        host.power.nextBoot()
        try await host.files.remove(StageRunner.systemMarker)
        try await host.stages.run(Self.stages)
        #expect(ran(host, since: 5).contains("user once"))
        host.power.nextBoot()
        try await host.stages.run(HostStages(profile: nil, userData: ["runcmd": ["other"]]))
        #expect(ran(host, since: 10) == ["other"])
    }

    @Test("a host that becomes a member runs its stages, whatever the boot has seen before")
    func becomesMember() async throws {
        let host = try TestHost()
        try await host.stages.run(HostStages(profile: ["boot": [["commands": ["another cluster's"]]]]))
        try await host.stages.run(Self.stages, isFirst: true)
        #expect(ran(host, since: 1).prefix(3) == ["profile boot", "user once", "user boot"])
    }

    @Test("a wrong document is left out, and the other one runs")
    func wrong() async throws {
        let host = try TestHost()
        var stages = Self.stages
        stages.profile = ["boot": "nonsense"]
        try await host.stages.run(stages)
        #expect(ran(host) == ["user once", "user boot", "user reconcile"])
        host.power.nextBoot()
        stages = Self.stages
        stages.userData = ["nonsense": 1]
        try await host.stages.run(stages)
        #expect(ran(host, since: 3) == ["profile boot", "profile reconcile"])
    }

    @Test("a step that fails holds up neither the next one nor the host")
    func failing() async throws {
        let commands = RecordedCommands { command in
            CommandResult(.exited(command.arguments.last == "profile boot" ? 1 : 0))
        }
        let host = try TestHost(commands: commands)
        try await host.stages.run(Self.stages)
        #expect(ran(host).count == 5)
    }

    @Test("a host without stages does nothing")
    func none() async throws {
        let host = try TestHost()
        try await host.stages.run(HostStages())
        #expect(ran(host) == [])
    }
}
