import CorbelAPI
import HostPlan
import Testing

@Suite("User data becomes steps")
struct StageTests {
    @Test("cloud-init's keys act in initramfs and boot")
    func cloudInit() throws {
        let plan = try StagePlan.parse([
            "hostname": "edge-1",
            "users": [
                "default", ["name": "ops", "groups": "sudo, adm", "lock_passwd": false, "passwd": "$6$salt$hash"],
            ],
            "ssh_authorized_keys": ["ssh-ed25519 AAAA"],
            "write_files": [
                ["path": "/etc/x", "content": "aGkK", "encoding": "b64", "permissions": "0600", "owner": "ops:adm"]
            ],
            "runcmd": ["echo hi", ["ls", "-l"]],
        ])
        var ops = UserAccount(name: "ops")
        ops.groups = ["sudo", "adm"]
        ops.locksPassword = false
        ops.passwordHash = "$6$salt$hash"
        #expect(plan.steps(for: .initramfs).map(\.operation) == [.setHostname("edge-1")])
        #expect(
            plan.steps(for: .boot).map(\.operation) == [
                .writeFile(HostFile(path: "/etc/x", text: "hi\n", mode: 0o600, owner: "ops:adm")), .ensureUser(ops),
                .authorizeKeys(user: "root", keys: ["ssh-ed25519 AAAA"]), .shell("echo hi", timeout: .seconds(600)),
                .run(["ls", "-l"], timeout: .seconds(600)),
            ])
    }

    @Test("the parts of a stage run before, at it and after, and a step's operations in yip's order")
    func order() throws {
        let plan = try StagePlan.parse([
            "stages": [
                "boot.after": [["commands": ["third"]]],
                "boot": [
                    [
                        "name": "second", "if": "test -f /x", "only_os": "Ubuntu.*", "hostname": "h",
                        "commands": ["c"], "files": [["path": "/f", "permissions": 420]],
                        "directories": [["path": "/d"]], "authorized_keys": ["root": ["k"]], "users": ["u": [:]],
                    ]
                ],
                "boot.before": [["commands": ["first"]]],
            ]
        ])
        let steps = plan.steps(for: .boot)
        #expect(
            steps.map(\.operation) == [
                .shell("first", timeout: .seconds(600)), .makeDirectory(path: "/d", mode: 0o755),
                .writeFile(HostFile(path: "/f", text: "", mode: 0o644)), .shell("c", timeout: .seconds(600)),
                .setHostname("h"), .ensureUser(UserAccount(name: "u")), .authorizeKeys(user: "root", keys: ["k"]),
                .shell("third", timeout: .seconds(600)),
            ])
        #expect(steps[1].onlyIf == [.shell("test -f /x"), .osName(matches: "Ubuntu.*")])
        #expect(steps[1].name == "second: directory /d")
        #expect(steps.map(\.mayFail) == Array(repeating: true, count: steps.count))
    }

    @Test("time servers become a section of timesyncd.conf, and its service reads it")
    func timeServers() throws {
        let plan = try StagePlan.parse(["stages": ["reconcile": [["timesyncd": ["NTP": "time.example.org"]]]]])
        let file = HostFile(path: "/etc/systemd/timesyncd.conf", text: "[Time]\nNTP=time.example.org\n", mode: 0o644)
        #expect(
            plan.steps(for: .reconcile).map(\.operation) == [.writeFile(file), .restartService("systemd-timesyncd")])
    }

    @Test("all fifteen stages are known", arguments: StageName.allCases)
    func stages(_ stage: StageName) throws {
        #expect(StageName.allCases.count == 15)
        let plan = try StagePlan.parse(["stages": .object([stage.rawValue: [["commands": ["x"]]]])])
        #expect(plan.steps(for: stage).count == 1)
    }

    @Test(
        "what is wrong is named by its path",
        arguments: [
            (["stages": ["bot": []]], "stages.bot"),
            (["stages": ["boot": [["command": []]]]], "stages.boot[0].command"),
            (["stages": ["boot": "x"]], "stages.boot"),
            (["stages": ["fs.after": [["files": [["path": "etc"]]]]]], "stages.fs.after[0].files[0].path"),
            (["write_files": [["path": "/a/../b"]]], "write_files[0].path"),
            (["write_files": [["path": "/a", "permissions": "9"]]], "write_files[0].permissions"),
            (["write_files": [["path": "/a", "encoding": "b64", "content": "?"]]], "write_files[0].content"),
            (["write_files": [["path": "/a", "encoding": "gzip"]]], "write_files[0].encoding"),
            (["users": [["name": "Ops"]]], "users[0].name"),
            (["users": [["name": "ops", "passwd": "secret"]]], "users[0].passwd"),
            (["hostname": "-"], "hostname"),
            (["runcmd": [5]], "runcmd[0]"),
            (["packages": ["vim"]], "packages"),
        ] as [(JSONValue, String)])
    func errors(_ document: JSONValue, _ field: String) {
        let error = #expect(throws: StatusError.self) { try StagePlan.parse(document) }
        #expect(error?.causes.map(\.field) == [field])
        #expect(error?.message.contains("secret") == false)
    }
}
