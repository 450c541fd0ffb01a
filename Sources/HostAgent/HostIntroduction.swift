import APIMachinery
import CorbelAPI
import Effects
import HostPlan
import ResourceClient

/// Tells the centre, at every boot and once an hour, what the host is: agent, boot, operating system, size.
struct HostIntroduction: Sendable {
    let registration: HostRegistrationRecord
    let facts: HostFacts
    let effects: HostEffects
    let record: HostRecordFiles
    let centre: CentreLink

    /// Room for images is told in steps of so many bytes: what has not changed is not written again.
    private static let roomStep: Int64 = 256 << 20

    /// Tells until it is cancelled: a centre that was restored from a backup learns of it too.
    func run() async throws {
        let key = EdgeHost.key(namespace: registration.namespace, name: registration.name)
        while true {
            let patch: JSONValue = ["status": try await status()]
            do {
                _ = try await centre.client().patch(
                    key, .merge, patch, subresource: .status, WriteOptions(fieldManager: "corbel-agent"))
                try await effects.time.sleep(for: .seconds(3600))
            } catch let error as StatusError where error.isTransient {
                try await effects.time.sleep(for: .seconds(30))
            }
        }
    }

    private func status() async throws -> JSONValue {
        var os: JSONValue = ["slot": .string(facts.booted.rawValue)]
        if let content = facts.slots[facts.booted] {
            os["version"] = .string(content.version)
            os["digest"] = .string(content.digest)
        }
        return [
            "agentVersion": .string(CorbelVersion.current), "bootID": .string(facts.bootID), "os": os,
            "inventory": try await inventory(),
        ]
    }

    /// What the kernel counts; a machine without these files tells nothing.
    private func inventory() async throws -> JSONValue {
        var inventory: JSONValue = .object([:])
        if let memory = try await lines("/proc/meminfo").first(where: { $0.hasPrefix("MemTotal:") }) {
            let kilobytes = memory.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            inventory["memoryBytes"] = kilobytes.map { JSONValue($0 * 1024) }
        }
        let processors = try await lines("/proc/cpuinfo").count { $0.hasPrefix("processor") }
        if processors > 0 { inventory["processors"] = JSONValue(processors) }
        inventory["slotBytes"] = try await effects.slots.inactiveSlotCapacity().map { .integer($0) }
        inventory["imageRoomBytes"] = .integer(try await record.imageRoom() / Self.roomStep * Self.roomStep)
        return inventory
    }

    private func lines(_ path: String) async throws -> [Substring] {
        guard try await effects.files.exists(path) else { return [] }
        return String(decoding: try await effects.files.read(path, limit: 4 << 20), as: UTF8.self).split(
            separator: "\n")
    }
}
