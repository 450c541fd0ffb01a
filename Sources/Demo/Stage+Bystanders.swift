import CorbelAPI
import ResourceClient

// What must not happen to hosts that a change is not about.
extension Stage {
    /// What tells whether somebody has touched a host: since when it is up, and the last thing that it was told.
    struct Bystander: Sendable, Hashable {
        var host: String
        var bootID: String
        var task: String
    }

    /// The hosts as they are now, asked of the site.
    func bystanders(_ numbers: [Int]) async throws -> [Bystander] {
        let names = Set(numbers.map(layout.hostName))
        return try await site().list(HostMachine.self).filter { names.contains($0.hostName) }.map { machine in
            Bystander(
                host: machine.hostName, bootID: machine.json["status", "bootID"]?.stringValue ?? "",
                task: machine.taskStatus.map { "\($0.id) \($0.phase.rawValue)" } ?? "none")
        }.sorted { $0.host < $1.host }
    }

    /// These hosts have neither been rebooted nor given a task, but for one of the kind that is said.
    func expectUntouched(_ before: [Bystander], besides kind: String? = nil) async throws {
        let names = before.map(\.host)
        let exception = kind.map { ", but for \($0)" } ?? ""
        try await expect(
            "nobody has touched \(names.joined(separator: ", ")): neither a reboot nor a task\(exception)"
        ) {
            let now = try await bystanders(Array(allHosts)).filter { names.contains($0.host) }
            let changed = zip(before, now).filter { old, new in
                old.bootID != new.bootID || !(old.task == new.task || kind.map(new.task.hasPrefix) ?? false)
            }.map { "\($1.host): \($1.task) in boot \($1.bootID)" }
            let isSame = changed.isEmpty && now.count == before.count && !before.contains { $0.bootID.isEmpty }
            return Sighting(isSame, changed.isEmpty ? "\(now.count) hosts as before" : changed.joined(separator: "; "))
        }
    }
}
