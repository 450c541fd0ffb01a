import CorbelAPI
import Effects

/// What one look has found.
struct Sighting: Sendable {
    var holds: Bool
    var saw: String

    init(_ holds: Bool, _ saw: String) {
        self.holds = holds
        self.saw = saw
    }
}

extension Stage {
    /// Looks until what must be so is so, or the time is up, and takes down what was seen. What cannot be looked at for
    /// the moment, because a server is down, is looked at again.
    ///
    /// - Returns: whether it held.
    @discardableResult
    func expect(
        _ what: String, within limit: Duration = .seconds(60), _ look: @Sendable () async throws -> Sighting
    ) async throws -> Bool {
        let deadline = time.uptime + limit
        var last: Sighting
        repeat {
            do {
                last = try await look()
            } catch {
                try Task.checkCancellation()
                last = Sighting(false, "\(error)")
            }
            if last.holds { break }
            try await time.sleep(for: .milliseconds(200))
        } while time.uptime < deadline
        let saw = last.holds ? last.saw : "after \(limit.components.seconds) s: \(last.saw)"
        await record.note(ScenarioExpectation(what: what, passed: last.holds, saw: saw))
        return last.holds
    }

    /// As ``expect(_:within:_:)``, where nothing that follows makes sense without it.
    func require(
        _ what: String, within limit: Duration = .seconds(60), _ look: @Sendable () async throws -> Sighting
    ) async throws {
        guard try await expect(what, within: limit, look) else { throw ScenarioEnd() }
    }

    /// Takes down what has been decided already.
    func check(_ what: String, _ sighting: Sighting) async {
        await record.note(ScenarioExpectation(what: what, passed: sighting.holds, saw: sighting.saw))
    }
}
