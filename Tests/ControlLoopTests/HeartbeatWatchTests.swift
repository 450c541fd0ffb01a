import ControlLoop
import Testing

@Suite("Heartbeats that are watched")
struct HeartbeatWatchTests {
    private let host = "h"

    private enum Step {
        case expect(Int)
        case heard(Int, changes: Bool)
        case expire(Int, changes: Bool)
    }

    /// The steps of one host, in seconds of uptime, and its state after them.
    private static let rows: [(name: String, steps: [Step], state: Reachability)] = [
        ("never mentioned", [], .unknown),
        ("expected", [.expect(0)], .unknown),
        ("silent for less than the timeout after a start", [.expect(0), .expire(299, changes: false)], .unknown),
        ("silent for the timeout after a start", [.expect(0), .expire(300, changes: true)], .unreachable),
        ("heard", [.expect(0), .heard(10, changes: true)], .reachable),
        ("heard again", [.heard(10, changes: true), .heard(20, changes: false)], .reachable),
        ("silent just long enough", [.heard(10, changes: true), .expire(309, changes: false)], .reachable),
        ("silent too long", [.heard(10, changes: true), .expire(310, changes: true)], .unreachable),
        (
            "told once", [.heard(10, changes: true), .expire(310, changes: true), .expire(400, changes: false)],
            .unreachable
        ),
        ("back", [.heard(10, changes: true), .expire(310, changes: true), .heard(311, changes: true)], .reachable),
        ("expected anew", [.heard(10, changes: true), .expect(20), .expire(309, changes: false)], .reachable),
        (
            "a sign counts from when it came",
            [.heard(10, changes: true), .heard(200, changes: false), .expire(499, changes: false)], .reachable
        ),
    ]

    @Test("A host goes from state to state as the table says", arguments: rows.indices)
    func table(index: Int) {
        let row = Self.rows[index]
        var machine = HeartbeatWatch<String>(timeout: .seconds(300))
        for step in row.steps {
            switch step {
            case .expect(let moment): machine.expect(host, at: .seconds(moment))
            case .heard(let moment, let changes):
                #expect((machine.heard(host, at: .seconds(moment)) != nil) == changes, "\(row.name)")
            case .expire(let moment, let changes):
                #expect(machine.expire(at: .seconds(moment)).isEmpty != changes, "\(row.name)")
            }
        }
        #expect(machine.state(of: host) == row.state, "\(row.name)")
    }

    @Test("A host that is forgotten is not missed; ages are counted from the last sign")
    func forgotten() {
        var machine = HeartbeatWatch<String>(timeout: .seconds(300))
        _ = machine.heard(host, at: .seconds(10))
        #expect(machine.age(of: host, at: .seconds(25)) == .seconds(15))
        machine.forget(host)
        #expect(machine.expire(at: .seconds(1000)) == [])
        #expect(machine.age(of: host, at: .seconds(1000)) == nil)
    }
}
