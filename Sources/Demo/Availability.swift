import CorbelAPI
import Effects
import ResourceClient

/// How long something did not answer while somebody kept asking.
actor Availability {
    struct Outage: Sendable {
        var begin: Duration
        /// `nil` while it lasts.
        var end: Duration?
    }

    private(set) var outages: [Outage] = []
    private(set) var answers = 0
    private let time: any TimeSource

    init(time: any TimeSource) { self.time = time }

    /// Asks until it is cancelled.
    func watch(_ ask: @Sendable () async throws -> Void) async throws {
        while true {
            do {
                try await ask()
                answers += 1
                if let last = outages.indices.last, outages[last].end == nil { outages[last].end = time.uptime }
            } catch {
                try Task.checkCancellation()
                if outages.last.map({ $0.end != nil }) ?? true { outages.append(Outage(begin: time.uptime, end: nil)) }
            }
            try await time.sleep(for: .milliseconds(100))
        }
    }

    /// By the clock, in seconds with one decimal.
    var text: String {
        let lengths = outages.map { outage in
            outage.end.map { "\(tenths($0 - outage.begin)) s" } ?? "not over"
        }
        return lengths.isEmpty ? "always there" : "\(lengths.count) times: \(lengths.joined(separator: ", "))"
    }

    private func tenths(_ duration: Duration) -> String {
        let tenths = duration / .milliseconds(100)
        return "\(Int(tenths) / 10).\(Int(tenths) % 10)"
    }
}

extension Stage {
    /// Asks the site's API as its users do while `body` runs, and answers when it was away.
    func watchingSite(_ body: @Sendable () async throws -> Void) async throws -> Availability {
        let availability = Availability(time: time)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await availability.watch { _ = try await site().get(Namespace.key(name: "default")) }
            }
            defer { group.cancelAll() }
            try await body()
        }
        return availability
    }
}
