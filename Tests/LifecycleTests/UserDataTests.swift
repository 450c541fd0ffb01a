import ControlLoop
import CorbelAPI
import Lifecycle
import Testing

@Suite struct UserDataTests {
    private static let valid = #"{"write_files": [{"path": "/etc/motd", "content": "hush"}]}"#

    private func world(_ text: String?) -> TestWorld {
        var world = TestWorld(controlPlane: ["a", "b", "c"], workers: ["w"]) {
            $0.json["spec", "userDataFrom"] = ["name": "hosts"]
        }
        if let text { write(text, &world) }
        return world
    }

    private func write(_ text: String, _ world: inout TestWorld) {
        var secret = world.centre.get(Secret.self, "hosts") ?? Secret(namespace: "site", name: "hosts")
        secret.json["data"] = ["userData": .string(Base64.encode(Array(text.utf8)))]
        world.centre.put(secret)
    }

    /// The user data in a Secret, parsed.
    private func document(_ plane: TestPlane, _ name: String) -> JSONValue? {
        let encoded = plane.get(Secret.self, name)?.json["data", "userData"]?.stringValue
        return encoded.flatMap(Base64.decode).flatMap { try? JSONValue(parsing: $0) }
    }

    @Test("every host finds the document in its bootstrap Secret, before and after the pivot")
    func reachesHosts() throws {
        var world = world(Self.valid)
        world.run { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.isTrue("UserDataValid"))
        let expected = try JSONValue(parsing: Array(Self.valid.utf8))
        for host in ["a", "b", "c", "w"] {
            #expect(document(world.site, "edge-\(host)-bootstrap") == expected, "\(host)")
        }
        #expect(world.site.get(Secret.self, "hosts") == nil, "the text stays at the centre")
        #expect(world.restless(world.centre, isCentre: true) == [])
        #expect(world.restless(world.site, isCentre: false) == [])
    }

    @Test(
        "wrong user data holds hosts up before anything is done, and says what to do without repeating it",
        arguments: [
            (nil, "UserDataMissing", "the Secret hosts that spec.userDataFrom names is not there"),
            ("{hush", "UserDataInvalid", "userData: no YAML that can be read, at line 1, column 2"),
            (
                "#!/bin/sh\nhush", "UserDataInvalid",
                "must be cloud-config; the commands of a script belong below `runcmd`"
            ),
            (#"{"hush": 1}"#, "UserDataInvalid", "userData.hush: Unsupported value"),
            (#"{"hostname": "-hush"}"#, "UserDataInvalid", "userData.hostname: Invalid value: must be a host name"),
            (#""hush""#, "UserDataInvalid", "userData: Invalid value: must be an object"),
        ])
    func holdsUp(text: String?, reason: String, message: String) throws {
        var world = world(text)
        world.run(rounds: 5)
        #expect(world.centre.get(Cluster.self, "edge") == nil)
        let condition = try #require(world.edgeCluster.condition("UserDataValid"))
        #expect(condition.status == .isFalse)
        #expect(condition.reason == reason)
        #expect(condition.message.contains(message), "\(condition.message)")
        #expect(world.waitReasons.contains(reason))
        let told = world.edgeCluster.json["status"]?.encodedText ?? ""
        #expect(!told.replacing("userData.hush", with: "").contains("hush"))
        write(Self.valid, &world)
        world.run { $0.edgeCluster.phase == .running }
        #expect(world.edgeCluster.phase == .running)
        #expect(world.edgeCluster.isTrue("UserDataValid"))
    }

    @Test("a change reaches hosts that join later, and none that runs; a wrong one reaches nobody")
    func changes() throws {
        var world = world(Self.valid)
        world.run { $0.edgeCluster.phase == .running }
        let before = document(world.site, "edge-a-bootstrap")
        write(#"{"hostname": "next"}"#, &world)
        world.run(rounds: 5)
        write("{", &world)
        world.run(rounds: 5)
        #expect(world.edgeCluster.condition("UserDataValid")?.status == .isFalse)
        world.register("v")
        world.edit { cluster in
            var pools = cluster.spec["pools"]?.arrayValue ?? []
            pools[1]["hosts"] = ["w", "v"]
            cluster.json["spec", "pools"] = .array(pools)
        }
        world.run(rounds: 30) { $0.edgeCluster.json["status", "readyHosts"]?.intValue == 5 }
        #expect(document(world.site, "edge-v-bootstrap") == ["hostname": "next"])
        #expect(document(world.site, "edge-a-bootstrap") == before)
    }

    @Test("user data that is no longer named goes, and a Secret of somebody else stays as it is")
    func ownership() {
        var world = world(Self.valid)
        world.run(rounds: 3)
        #expect(document(world.centre, "edge-user-data") != nil)
        world.edit { $0.json["spec", "userDataFrom"] = nil }
        world.run(rounds: 3)
        #expect(world.centre.get(Secret.self, "edge-user-data") == nil)

        var other = TestWorld(controlPlane: ["a"]) { $0.json["spec", "userDataFrom"] = ["name": "edge-user-data"] }
        var secret = Secret(namespace: "site", name: "edge-user-data")
        secret.json["data"] = ["userData": .string(Base64.encode(Array(Self.valid.utf8)))]
        other.centre.put(secret)
        other.run(rounds: 5)
        #expect(other.waitReasons.contains("UserDataNameTaken"))
        #expect(other.centre.get(Secret.self, "edge-user-data")?.json["data"] == secret.json["data"])
    }
}
