import CorbelAPI
import Effects

/// A file that takes down how far a campaign has come.
struct SimulationLedger: Sendable {
    let path: String
    let files: any FileStore

    /// What became of the seeds so far; nil where the file is not there yet.
    ///
    /// - Throws: ``CommandFailure`` where it is no ledger, or one of another campaign.
    func read(world: SimulationWorld, first: UInt64) async throws -> SimulationReport? {
        guard try await files.exists(path) else { return nil }
        let bytes = try await files.read(path, limit: 64 << 20)
        guard let json = try? JSONValue(parsing: bytes), let report = SimulationReport(json: json) else {
            throw CommandFailure("\(path) is no ledger of seeds", hint: "name a file that is not there yet")
        }
        guard json["world"]?.stringValue == world.rawValue, json["first"]?.stringValue == String(first),
            json["version"]?.stringValue == CorbelVersion.current
        else {
            throw CommandFailure(
                "\(path) is about other seeds, another world or another version of Corbel",
                hint: "name a file that is not there yet")
        }
        return report
    }

    func write(_ report: SimulationReport, world: SimulationWorld, first: UInt64) async throws {
        var json = report.json
        json["world"] = .string(world.rawValue)
        json["first"] = .string(String(first))
        json["version"] = .string(CorbelVersion.current)
        try await files.writeDurably(path, json.encoded, mode: 0o644)
    }
}
