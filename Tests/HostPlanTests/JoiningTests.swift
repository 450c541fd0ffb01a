import CorbelAPI
import Testing

@testable import HostPlan

@Suite("How a host becomes a member")
struct JoiningTests {
    private func run(_ world: inout CrashWorld) -> HostTaskStatus? {
        world.boot()
        world.run(rounds: 700)
        #expect(world.violations == [])
        return world.status
    }

    @Test("a host that runs nothing bootstraps, in the image that the task names")
    func bootstrap() {
        for (target, performs) in [
            (CrashWorld.old, ["bootstrap"]), (CrashWorld.new, ["bootVariables", "reboot", "bootstrap", "commit"]),
        ] {
            var task = CrashWorld.task(.bootstrap)
            task.target = target
            var world = CrashWorld(.good, task: task)
            world.journal = []
            #expect(run(&world)?.phase == .done, "\(world.performed)")
            #expect(Array(world.performed.suffix(performs.count)) == performs)
            #expect(world.plan.record.running == target)
        }
    }

    @Test("a join that fails in a new slot goes back and blames no image: it is tried again by itself")
    func failedJoin() {
        var task = CrashWorld.task(.bootstrap, id: "bootstrap-r2-1")
        task.target = CrashWorld.new
        var world = CrashWorld(.good, task: task)
        world.journal = []
        world.failing["bootstrap"] = .init(failure: HostFailure(.commandFailed, "kubeadm ended with 127"))
        let status = run(&world)
        #expect(status?.phase == .reverted && status?.reason == "CommandFailed", "\(String(describing: status))")
        #expect(world.plan.record.failedImages == [])
        world.failing = [:]
        task.id = "bootstrap-r2-2"
        world.tell(HostSpec(task: task))
        #expect(run(&world)?.phase == .done)
    }

    @Test("a host that joins does not turn round while its cluster does not answer: it may have a vote in etcd by then")
    func joinWithoutAnAnswer() {
        for mode in [HostConfig.Mode.join, .initialize] {
            var task = CrashWorld.task(.bootstrap, parameters: ["mode": mode.rawValue])
            task.target = CrashWorld.old
            var world = CrashWorld(.good, task: task)
            world.journal = []
            world.failing["bootstrap"] = .init(failure: HostFailure(.unavailable, "the API server does not answer"))
            world.boot()
            world.run(rounds: 400)
            #expect(world.status?.phase == (mode == .join ? .applying : .reverted))
            world.failing = [:]
            world.run()
            #expect(world.status?.phase == (mode == .join ? .done : .reverted))
        }
    }

    @Test("a host that joins and is told to leave turns round, whether its cluster answers or not")
    func leavesWithoutAnAnswer() {
        var task = CrashWorld.task(.bootstrap, parameters: ["mode": HostConfig.Mode.join.rawValue])
        task.target = CrashWorld.old
        var world = CrashWorld(.good, task: task)
        world.journal = []
        world.failing["bootstrap"] = .init(failure: HostFailure(.unavailable, "the API server does not answer"))
        world.boot()
        world.run(rounds: 400)
        var reset = CrashWorld.task(.reset, id: "reset-1")
        reset.target = nil
        world.tell(HostSpec(task: reset))
        world.run()
        #expect(world.status?.phase == .done && world.performed.last == "resetHost", "\(world.performed)")
    }
}
