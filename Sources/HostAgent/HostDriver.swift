import CorbelAPI
import Effects
import HostPlan
import Logging

/// Drives `HostPlan`: hands it what happens, and carries out what it asks for, one batch of effects at a time.
///
/// All decisions are the machine's. Events pass through one stream, so it sees them one by one.
struct HostDriver: Sendable {
    let effects: HostEffects
    let executor: ActionExecutor
    let facts: HostFacts
    /// Takes the newest report; it is level-based, and delivered when a plane can be reached.
    let report: @Sendable (HostReport) async -> Void
    let logger: Logger

    /// Runs until it is cancelled, or the machine reboots.
    func run(_ incoming: AsyncStream<HostEvent>, send: @escaping @Sendable (HostEvent) -> Void) async throws {
        var plan = HostPlan()
        try await withThrowingDiscardingTaskGroup { group in
            var running: [HostAction.ID: Cancellation] = [:]
            var events = incoming.makeAsyncIterator()
            var event: HostEvent? = .started(facts)
            while let current = event {
                if let id = current.endedAction { running[id] = nil }
                let moment = HostMoment(uptime: effects.time.uptime, now: effects.time.now)
                let actions = plan.handle(current, at: moment)
                var batch: [HostAction] = []
                for action in actions {
                    switch action.operation {
                    case .report(let report): await self.report(report)
                    case .scheduleTick(let uptime): group.addTask { try await tick(at: uptime, send) }
                    case .cancel(let id): running[id]?.cancel()
                    default: batch.append(action)
                    }
                }
                if !batch.isEmpty {
                    let cancellation = Cancellation()
                    for action in batch { running[action.id] = cancellation }
                    group.addTask { [batch] in try await cancellation.run { await perform(batch, send) } }
                }
                event = await events.next()
            }
            group.cancelAll()
        }
    }

    private func tick(at uptime: Duration, _ send: @Sendable (HostEvent) -> Void) async throws {
        try await effects.time.sleep(for: max(.zero, uptime - effects.time.uptime))
        send(.tick)
    }

    /// Carries out a batch in order; after the first failure the rest is dropped.
    private func perform(_ batch: [HostAction], _ send: @escaping @Sendable (HostEvent) -> Void) async {
        for action in batch {
            do {
                let result = try await executor.perform(action.operation) { percent in
                    send(.progressed(action.id, percent: percent))
                }
                send(.finished(action.id, result))
            } catch let failure as HostFailure {
                logger.info("action failed: \(failure.message)")
                send(.failed(action.id, failure))
                return
            } catch {
                send(.failed(action.id, HostFailure(.io, "\(error)")))
                return
            }
        }
    }
}

/// Lets a running batch be ended from outside.
private struct Cancellation: Sendable {
    private let ending: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (ending, continuation) = AsyncStream.makeStream() }

    func cancel() { continuation.finish() }

    func run(_ work: @escaping @Sendable () async -> Void) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask(operation: work)
            group.addTask { for await _ in ending {} }
            await group.next()
            group.cancelAll()
        }
    }
}

extension HostEvent {
    fileprivate var endedAction: HostAction.ID? {
        switch self {
        case .finished(let id, _), .failed(let id, _): id
        default: nil
        }
    }
}
