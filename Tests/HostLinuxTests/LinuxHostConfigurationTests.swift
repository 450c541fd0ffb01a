import CorbelAPI
import HostLinux
import Testing

@Suite("Where the agent finds what it works with")
struct LinuxHostConfigurationTests {
    @Test("without a word, the labels of the partitions and the EFI system partition")
    func defaults() throws {
        let host = try LinuxHostConfiguration(json: ["name": "host-1"])
        #expect(host.slotA == "/dev/disk/by-partlabel/CORBEL_A")
        #expect(host.slotB == "/dev/disk/by-partlabel/CORBEL_B")
        #expect(host.bootVariables == "/boot/efi/corbel/boot-variables")
    }

    @Test("each path can be said")
    func paths() throws {
        let host = try LinuxHostConfiguration(json: [
            "host": ["slots": ["a": "/dev/vda2", "b": "/dev/vda3"], "bootVariables": "/boot/vars"]
        ])
        #expect([host.slotA, host.slotB, host.bootVariables] == ["/dev/vda2", "/dev/vda3", "/boot/vars"])
    }

    @Test(
        "what is wrong is named, with its value",
        arguments: [
            (["slots": ["a": "dev/vda2"]], "host.slots.a", "dev/vda2"),
            (["slots": ["b": 7]], "host.slots.b", "7"),
            (["slots": ["a": "/same", "b": "/same"]], "host.slots.b", "/same"),
            (["slots": ["c": "/dev/vda4"]], "host.slots.c", "/dev/vda4"),
            (["slots": "both"], "host.slots", "both"),
            (["bootVariables": ""], "host.bootVariables", ""),
            (["bootVariables": "/boot/"], "host.bootVariables", "/boot/"),
            (["bootvariables": "/boot/vars"], "host.bootvariables", "/boot/vars"),
            ("all", "host", "all"),
        ] as [(JSONValue, String, String)])
    func problems(host: JSONValue, field: String, value: String) throws {
        let error = try #require(throws: StatusError.self) {
            try LinuxHostConfiguration(json: ["name": "host-1", "host": host])
        }
        #expect(error.reason == .invalid)
        #expect(error.message.contains("\(field): ") && error.message.contains(value))
    }
}
