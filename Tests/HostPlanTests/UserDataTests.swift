import CorbelAPI
import HostPlan
import Testing

@Suite("User data of a cluster")
struct UserDataTests {
    @Test("cloud-init's own keys are of a system, and stages of every boot")
    func halves() throws {
        let data = try UserData([
            "hostname": "edge-1", "runcmd": ["once"],
            "stages": ["boot": [["commands": ["always"]]], "reconcile": [["commands": ["now and again"]]]],
        ])
        #expect(data.ofSystem.steps(for: .initramfs).map(\.operation) == [.setHostname("edge-1")])
        #expect(data.ofSystem.steps(for: .boot).map(\.operation) == [.shell("once", timeout: .seconds(600))])
        #expect(data.ofEveryBoot.steps(for: .boot).map(\.operation) == [.shell("always", timeout: .seconds(600))])
        #expect(data.ofSystem.steps(for: .reconcile).isEmpty)
        #expect(data.ofEveryBoot.steps(for: .reconcile).count == 1)
        #expect(data.ofEveryBoot.steps(for: .initramfs).isEmpty)
    }

    @Test("a document without anything asks for nothing")
    func empty() throws {
        let data = try UserData([:])
        #expect(StageName.allCases.allSatisfy { data.ofSystem.steps(for: $0) == [] })
        #expect(StageName.allCases.allSatisfy { data.ofEveryBoot.steps(for: $0) == [] })
    }

    private static let wrong: [(JSONValue, String)] = [
        (["hostname": "-secret-"], "userData.hostname"),
        (["write_files": [["path": "secret", "content": "x"]]], "userData.write_files[0].path"),
        (["write_files": [["path": "/x", "permissions": "secret"]]], "userData.write_files[0].permissions"),
        (["users": [["name": "Secret secret"]]], "userData.users[0].name"),
        (["users": [["name": "ops", "passwd": "secret"]]], "userData.users[0].passwd"),
        (["runcmd": "secret"], "userData.runcmd"),
        (["packages": ["secret"]], "userData.packages"),
        (["stages": ["boot": [["commands": [["a": "secret"]]]]]], "userData.stages.boot[0].commands[0]"),
        ("secret", "userData"),
        (["secret"], "userData"),
    ]

    @Test("what is wrong is told by its path, and never repeated", arguments: wrong)
    func problems(document: JSONValue, path: String) throws {
        let problems = UserData.problems(of: document)
        #expect(problems.map(\.field) == [path])
        #expect(problems.allSatisfy { !$0.description.lowercased().contains("secret") })
        #expect(throws: StatusError.self) { try UserData(document) }
    }
}
