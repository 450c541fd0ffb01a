import Effects
import HostLinux
import ScriptedEffects
import Testing

@Suite("Services and power through systemd")
struct SystemdTests {
    @Test("a service is started, stopped and restarted by its unit")
    func changes() async throws {
        let commands = RecordedCommands(.exited(0))
        let services = SystemdSupervisor(commands: commands)
        try await services.start("kubelet")
        try await services.stop("containerd.service")
        try await services.restart("getty@tty1")
        #expect(
            commands.lines == [
                "systemctl start -- kubelet.service", "systemctl stop -- containerd.service",
                "systemctl restart -- getty@tty1.service",
            ])
    }

    @Test(
        "the state is what systemd calls it",
        arguments: [
            ("active", ServiceState.active), ("reloading", .active), ("inactive", .inactive),
            ("activating", .activating), ("deactivating", .deactivating), ("failed", .failed),
        ])
    func states(word: String, state: ServiceState) async throws {
        let commands = RecordedCommands(.exited(0), output: "LoadState=loaded\nActiveState=\(word)\n")
        #expect(try await SystemdSupervisor(commands: commands).state(of: "kubelet") == state)
    }

    @Test("a unit that systemd does not know is not found, and a word that we do not know is an error")
    func unknown() async throws {
        let absent = SystemdSupervisor(
            commands: RecordedCommands(.exited(0), output: "LoadState=not-found\nActiveState=inactive\n"))
        #expect(await effectError { try await absent.state(of: "kubelet") }?.code == .notFound)
        let odd = SystemdSupervisor(commands: RecordedCommands(.exited(0), output: "LoadState=loaded\n"))
        #expect(await effectError { try await odd.state(of: "kubelet") }?.code == .ioError)
        let unloaded = SystemdSupervisor(commands: RecordedCommands(.exited(5), errorOutput: "Unit not found.\n"))
        #expect(await effectError { try await unloaded.start("kubelet") }?.code == .notFound)
        let failing = SystemdSupervisor(commands: RecordedCommands(.exited(1), errorOutput: "one\ntwo\n"))
        let error = await effectError { try await failing.start("kubelet") }
        #expect(error == EffectError(.ioError, "cannot start kubelet.service: one; two"))
    }

    @Test("a text that is no name of a unit runs no program", arguments: ["", "-h", "a b", "a/b", "a\n", "ü"])
    func names(name: String) async throws {
        let commands = RecordedCommands(.exited(0))
        #expect(await effectError { try await SystemdSupervisor(commands: commands).start(name) }?.code == .invalid)
        #expect(commands.lines.isEmpty)
    }

    @Test("the boot is told by its identifier, and a reboot is systemd's")
    func power() async throws {
        let commands = RecordedCommands(.exited(0))
        let files = FixedFiles(contents: ["/proc/sys/kernel/random/boot_id": "1b9d6bcd-bbfd\n"])
        let power = SystemdPower(commands: commands, files: files)
        #expect(try await power.bootID() == "1b9d6bcd-bbfd")
        try await power.reboot()
        #expect(commands.lines == ["systemctl reboot"])
        let refused = SystemdPower(commands: RecordedCommands(.exited(1), errorOutput: "denied"), files: files)
        #expect(await effectError { try await refused.reboot() }?.code == .ioError)
    }
}
