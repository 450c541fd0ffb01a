import APIMachinery
public import ControlLoop
import CorbelAPI
public import Effects
public import Logging
public import ResourceClient
import Synchronization

/// Holds a Lease, and runs something for as long as it does. The rules are those of `LeaderElection`, which is pure.
public struct LeaderElector: Sendable {
    private let configuration: LeaderElection.Configuration
    private let client: any ResourceClient
    private let time: any TimeSource
    private let random: any RandomSource
    private let logger: Logger

    public init(
        _ configuration: LeaderElection.Configuration, client: any ResourceClient, time: any TimeSource,
        random: any RandomSource, logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.time = time
        self.random = random
        self.logger = logger
    }

    /// Runs until it is cancelled. `lead` is started with the number of the lease's transitions whenever this process
    /// becomes the leader, and cancelled as soon as it no longer is. Whoever leads works: when `lead` ends before its
    /// term does, so does this, and an error of it is thrown. The lease then runs out, or is taken up again.
    public func run(_ lead: @escaping @Sendable (_ transitions: Int) async throws -> Void) async throws {
        var election = LeaderElection(configuration)
        var term: Term?
        var pending: [LeaderElection.Event] = [.tick]
        try await withThrowingDiscardingTaskGroup { group in
            // An error of a child cancels the group's children, but not this loop.
            while !Task.isCancelled, term?.isOver != true {
                while let event = pending.first {
                    pending.removeFirst()
                    let actions = election.handle(
                        event, now: time.moment, wallClock: time.now, random: random.fraction())
                    for action in actions {
                        switch action {
                        case .startLeading(let transitions):
                            let started = Term()
                            term = started
                            logger.info("leading, after \(transitions) transitions of the lease")
                            group.addTask { try await started.run { try await lead(transitions) } }
                        case .stopLeading(let reason):
                            logger.info("no longer leading: \(reason)")
                            term?.end()
                            term = nil
                        case .read, .write: pending.append(try await answer(to: action))
                        }
                    }
                }
                let wake = election.nextWake.map { $0 - time.moment } ?? .seconds(1)
                try await time.sleep(for: max(.zero, wake))
                pending.append(.tick)
            }
        }
    }

    private func answer(to action: LeaderElection.Action) async throws -> LeaderElection.Event {
        do {
            switch action {
            case .read(let key):
                return .read(try await client.find(Lease.self, namespace: key.namespace, name: key.name))
            case .write(.create(let object)):
                return .written(Lease(try await client.create(object, WriteOptions(fieldManager: "leader-election"))))
            case .write(.update(let object)):
                let options = WriteOptions(fieldManager: "leader-election")
                return .written(Lease(try await client.update(object, subresource: nil, options)))
            default: preconditionFailure("an election writes nothing but its lease")
            }
        } catch let error as StatusError {
            return .failed(error)
        }
    }
}

/// One term of leadership: work that is cancelled when the term ends.
private final class Term: Sendable {
    private let ending: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let hasEnded = Mutex(false)

    /// Whether the work has ended, whichever way.
    var isOver: Bool { hasEnded.withLock { $0 } }

    init() { (ending, continuation) = AsyncStream.makeStream() }

    func run(_ work: @escaping @Sendable () async throws -> Void) async throws {
        defer { hasEnded.withLock { $0 = true } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: work)
            group.addTask { [ending] in for await _ in ending {} }
            try await group.next()
            group.cancelAll()
        }
    }

    func end() { continuation.finish() }
}
