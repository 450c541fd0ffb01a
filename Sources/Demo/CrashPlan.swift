import Simulator

/// Who is killed while an update is under way, in which order and after how long: all of it follows from the seed.
///
/// The centre and the machines are killed independently of each other, so that the centre may be away while a machine
/// is. No two machines are switched off at once, but the one that is may come on top of the one that the rollout has
/// taken down: a power cut does not ask.
struct CrashPlan: Sendable, Hashable {
    /// The part that a machine plays at the moment at which it is struck.
    enum Role: String, Sendable, Hashable, CaseIterable {
        /// The rollout has let it go, or it is fetching or writing the image.
        case upgrading
        /// It leads the site.
        case leader
        /// The rollout is not about it now.
        case bystander
    }

    /// One kill. Durations are by the clock.
    struct Strike: Sendable, Hashable {
        /// Counted from the moment at which the one before it was switched on again.
        var after: Duration
        /// How long it stays switched off.
        var away: Duration
    }

    struct MachineStrike: Sendable, Hashable {
        var role: Role
        /// How long a machine has played the role when it is struck.
        var into: Duration
        var strike: Strike
    }

    let seed: UInt64
    let centre: [Strike]
    let machines: [MachineStrike]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.seed = seed
        // The first comes right after the approval was acknowledged: it must not be lost.
        centre = [0...200, 3000...8000, 3000...12_000].map { range in
            Strike(
                after: .milliseconds(Int.random(in: range, using: &generator)),
                away: .milliseconds(Int.random(in: 100...4000, using: &generator)))
        }
        let roles: [Role] = [.upgrading, .upgrading, .upgrading, .leader, .bystander]
        machines = roles.shuffled(using: &generator).map { role in
            MachineStrike(
                role: role, into: .milliseconds(Int.random(in: 0...4000, using: &generator)),
                strike: Strike(
                    after: .milliseconds(Int.random(in: 500...4000, using: &generator)),
                    away: .milliseconds(Int.random(in: 100...4000, using: &generator))))
        }
    }

    var count: Int { centre.count + machines.count }
}
