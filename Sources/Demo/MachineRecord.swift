import Effects

/// What the logs of a machine and of its services say that happened: nothing that an agent reports.
struct MachineRecord: Sendable, Hashable, CustomStringConvertible {
    /// How often it was switched on or rebooted.
    var boots = 0
    /// The slot that was booted last.
    var slot = ""
    /// How often each service has begun, by its name.
    var starts: [String: Int] = [:]

    /// What the machine writes when its firmware has chosen a slot.
    private static let bootMark = "booting slot "
    /// What the first line of each service's log holds.
    private static let startMarks = [
        "etcd": "etcdmain: etcd Version:", "kube-apiserver": "corbel-standin apiserver",
        "kube-controllers": "corbel-standin controllers", "kubelet": "corbel-standin kubelet",
    ]

    /// - Parameters:
    ///   - machine: the machine's own log.
    ///   - services: the log of each service, by its name.
    init(machine: String, services: [String: String]) {
        for line in machine.split(separator: "\n") {
            guard let mark = line.firstRange(of: Self.bootMark) else { continue }
            boots += 1
            slot = String(line[mark.upperBound...])
        }
        for (service, log) in services {
            guard let mark = Self.startMarks[service] else { continue }
            starts[service] = log.ranges(of: mark).count
        }
    }

    var description: String {
        let services = starts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "boots \(boots), slot \(slot), starts: \(services)"
    }
}

extension Stage {
    /// What a machine's logs say by now.
    func machineRecord(_ number: Int) async throws -> MachineRecord {
        var services: [String: String] = [:]
        for service in ["etcd", "kube-apiserver", "kube-controllers", "kubelet"] {
            let path = "\(layout.hostDirectory(number))/logs/\(service).log"
            if try await files.exists(path) { services[service] = try await text(path) }
        }
        return MachineRecord(machine: try await text(layout.logPath(layout.hostName(number))), services: services)
    }

    func machineRecords() async throws -> [Int: MachineRecord] {
        var records: [Int: MachineRecord] = [:]
        for number in allHosts { records[number] = try await machineRecord(number) }
        return records
    }

    /// Nothing has happened on a machine since then: no boot, and no service that began anew.
    func expectLeftAlone(_ number: Int, since before: [Int: MachineRecord]) async throws {
        let record = try await machineRecord(number)
        await check("\(layout.hostName(number)) was left alone", Sighting(record == before[number], "\(record)"))
    }

    private func text(_ path: String) async throws -> String {
        String(decoding: try await files.read(path, limit: 256 << 20), as: UTF8.self)
    }
}
