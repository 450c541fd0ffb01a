import CorbelAPI
import Effects
import ResourceClient

/// What was seen of a site while a rollout went through it.
actor RolloutWatch {
    /// How often the site answered.
    private(set) var looks = 0
    /// The most nodes that were not Ready, or cordoned, at once, and which.
    private(set) var mostAway: [String] = []
    /// The nodes in the order in which each was first seen away.
    private(set) var order: [String] = []

    func take(nodes: [Node]) {
        looks += 1
        let away = nodes.filter { !$0.isReady || $0.isUnschedulable }.map(\.name).sorted()
        if away.count > mostAway.count { mostAway = away }
        for name in away where !order.contains(name) { order.append(name) }
    }
}

extension Stage {
    /// Looks at the site's nodes again and again while `body` runs.
    func watchingRollout(_ body: @Sendable () async throws -> Void) async throws -> RolloutWatch {
        let watch = RolloutWatch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    do {
                        await watch.take(nodes: try await site().list(Node.self))
                    } catch {
                        // Whoever answers is being moved; the next look is soon.
                        try Task.checkCancellation()
                    }
                    try await time.sleep(for: .milliseconds(200))
                }
            }
            defer { group.cancelAll() }
            try await body()
        }
        return watch
    }

    func expectOneAfterTheOther(_ watch: RolloutWatch) async throws {
        let away = await watch.mostAway
        let looks = await watch.looks
        await check(
            "never more than one host was away at a time",
            Sighting(away.count <= 1 && looks > 0, "of \(looks) looks the worst: \(away.joined(separator: ", "))"))
    }

    /// Each of the hosts has booted once, from its other slot, and the others not at all.
    func expectRebooted(_ numbers: [Int], since before: [Int: MachineRecord]) async throws {
        let after = try await machineRecords()
        let wrong = allHosts.filter { number in
            guard let before = before[number], let after = after[number] else { return true }
            if numbers.contains(number) { return after.boots != before.boots + 1 || after.slot == before.slot }
            return after.boots != before.boots || after.slot != before.slot
        }
        let saw = allHosts.map { "\(layout.hostName($0)): \(after[$0].map(\.description) ?? "nothing")" }
        let names = numbers.map(layout.hostName).joined(separator: ", ")
        await check(
            "of the hosts exactly \(names) booted, once each, from the other slot",
            Sighting(wrong.isEmpty, saw.joined(separator: "; ")))
    }
}
