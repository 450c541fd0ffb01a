import CorbelAPI
import Effects
import ResourceClient

/// Tells what changes on a stage: hosts' tasks, the cluster's phase and what it waits for.
struct Narrator: Sendable {
    let run: ScenarioRun
    let time: any TimeSource

    /// Runs until it is cancelled. What cannot be read for the moment is left out.
    func tell() async throws {
        var told: [String: String] = [:]
        while true {
            if let stage = await run.stage {
                for (about, line) in await lines(stage) where told.updateValue(line, forKey: about) != line {
                    await stage.say("\(about): \(line)")
                }
            }
            try await time.sleep(for: .milliseconds(400))
        }
    }

    private func lines(_ stage: Stage) async -> [(String, String)] {
        guard let cluster = try? await stage.cluster() else { return [] }
        let waits = cluster.json["status", "waits"]?.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
        let wait = waits.first.map { "; waits: \($0)" } ?? ""
        var lines = [(cluster.name, "\(cluster.phase.rawValue), \(cluster.healthLevel)\(wait)")]
        if let step = cluster.pivotStep { lines.append(("pivot", step)) }
        let plane = cluster.planeName == "Site" ? try? await stage.site() : stage.centre.client
        for machine in (try? await plane?.list(HostMachine.self)) ?? [] {
            let status = machine.taskStatus
            let text = status.map { "\($0.id) \($0.phase.rawValue)" + ($0.message.isEmpty ? "" : ": \($0.message)") }
            lines.append((machine.hostName, text ?? "claimed"))
        }
        return lines
    }
}
