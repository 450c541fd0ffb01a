import Effects
import HostPlan
import ScriptedEffects
import Testing

@testable import HostAgent

@Suite("Steps of a host")
struct StepRunnerTests {
    private func runner(_ host: TestHost) -> StepRunner {
        StepRunner(
            effects: host.effects,
            conditions: ConditionChecker(effects: host.effects, site: host.site, address: TestHost.address),
            logger: host.logger)
    }

    private let step = HostStep("initialize", .run(["kubeadm", "init"], timeout: .seconds(60)))

    @Test("a program that fails is told with its step, its end and the last line that it wrote")
    func saysWhy() async throws {
        let words = "warning: this\nerror execution phase preflight: port 6443 is in use\n\n"
        let host = try TestHost(commands: RecordedCommands(.exited(1), errorOutput: words))
        await #expect(
            throws: HostFailure(
                .commandFailed,
                "initialize: kubeadm ended with \(CommandResult.Termination.exited(1)): "
                    + "error execution phase preflight: port 6443 is in use")
        ) {
            try await runner(host).run([step])
        }
    }

    @Test("the steps after one that fails are left out, unless it may fail")
    func order() async throws {
        let commands = RecordedCommands { CommandResult(.exited($0.program == "false" ? 1 : 0)) }
        let host = try TestHost(commands: commands)
        let fails = HostStep("fails", .run(["false"], timeout: .seconds(1)))
        let next = HostStep("next", .run(["true"], timeout: .seconds(1)))
        await #expect(throws: HostFailure.self) { try await runner(host).run([fails, next]) }
        #expect(commands.lines == ["false"])
        var harmless = fails
        harmless.mayFail = true
        try await runner(host).run([harmless, next])
        #expect(commands.lines == ["false", "false", "true"])
    }

    @Test("a step that is done already, or not due, is left out")
    func due() async throws {
        let host = try TestHost(files: ["/etc/done": ""])
        var done = step
        done.unless = [.fileExists("/etc/done")]
        var early = step
        early.onlyIf = [.fileExists("/etc/missing")]
        try await runner(host).run([done, early])
        #expect(host.commands.lines == [])
        try await runner(host).run([step])
        #expect(host.commands.lines == ["kubeadm init"])
    }
}
