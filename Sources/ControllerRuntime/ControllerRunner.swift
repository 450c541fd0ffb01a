import APIMachinery
public import ControlLoop
import CorbelAPI
public import Effects
public import Logging
public import ResourceClient
import Synchronization

/// Drives the reconcilers of one plane: lists and watches what they read, carries out what they want, and tells them
/// what came of it.
///
/// It decides nothing. Every decision is made by `ControllerMachine`, which is a pure state machine; this is its
/// asynchronous shell. All events pass through one inbox, so the machine sees them in one order; what has come in while
/// it was deciding it sees at once.
public struct ControllerRunner: Sendable {
    private let client: any ResourceClient
    private let reconcilers: [any Reconciler]
    private let configuration: ControllerMachine.Configuration
    private let time: any TimeSource
    private let random: any RandomSource
    private let events: any EventSink
    private let logger: Logger

    /// - Parameter name: who writes, for `metadata.managedFields` and events.
    public init(
        client: any ResourceClient, reconcilers: [any Reconciler],
        configuration: ControllerMachine.Configuration = ControllerMachine.Configuration(), time: any TimeSource,
        random: any RandomSource, name: String, logger: Logger
    ) {
        self.client = client
        self.reconcilers = reconcilers
        self.configuration = configuration
        self.time = time
        self.random = random
        self.logger = logger
        events = EventRecorder(client: client, component: name, time: time, random: random)
    }

    /// Runs until it is cancelled, or an action ends with an error that is no answer of the server.
    public func run() async throws {
        let inbox = EventInbox()
        var machine = ControllerMachine(reconcilers: reconcilers, configuration: configuration)
        let performer = ActionPerformer(
            client: client, time: time, random: random, events: events, logger: logger,
            report: { inbox.add($0) })
        let perform: @Sendable (ControllerMachine.Action) async throws -> Void = { action in
            do {
                try await performer.perform(action)
            } catch {
                // An error cancels the group's children, but not the loop that waits for their events.
                inbox.close()
                throw error
            }
        }
        try await withThrowingDiscardingTaskGroup { group in
            var alarm = Alarm()
            for action in machine.start() { group.addTask { try await perform(action) } }
            for await _ in inbox.news {
                let events = inbox.takeAll()
                if events.contains(where: \.isTick) { alarm.rang() }
                let actions = machine.handle(
                    events, now: time.moment, wallClock: time.now, random: random.fraction())
                for action in actions { group.addTask { try await perform(action) } }
                if let delay = alarm.set(to: machine.nextWake(now: time.moment), now: time.moment) {
                    group.addTask {
                        try await time.sleep(for: delay)
                        inbox.add(.tick)
                    }
                }
            }
            group.cancelAll()
        }
    }
}

/// What has happened and is not decided on yet.
private final class EventInbox: Sendable {
    private let events = Mutex<[ControllerMachine.Event]>([])
    private let continuation: AsyncStream<Void>.Continuation
    /// Tells that there is something; one word for however much there is.
    let news: AsyncStream<Void>

    init() { (news, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func add(_ event: ControllerMachine.Event) {
        events.withLock { $0.append(event) }
        continuation.yield()
    }

    func takeAll() -> [ControllerMachine.Event] {
        events.withLock { held in
            defer { held = [] }
            return held
        }
    }

    func close() { continuation.finish() }
}

/// When the next tick is due. A sleeper is started only for a moment before the one that is waited for already, so that
/// few of them sleep at once; a tick too many does no harm.
private struct Alarm {
    private var due: Timestamp?

    mutating func rang() { due = nil }

    /// How long a new sleeper has to sleep, or `nil` where none is needed.
    mutating func set(to wake: Timestamp?, now: Timestamp) -> Duration? {
        guard let wake else { return nil }
        if let due, due <= wake { return nil }
        due = wake
        return max(.zero, wake - now)
    }
}

extension ControllerMachine.Event {
    fileprivate var isTick: Bool {
        if case .tick = self { true } else { false }
    }
}

extension TimeSource {
    /// The uptime as a moment, for machines that count in time that never goes back.
    var moment: Timestamp { Timestamp(microseconds: 0) + uptime }
}

extension RandomSource {
    /// A number from 0 up to, not including, 1.
    func fraction() -> Double {
        let bits = bytes(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 3
        return Double(bits) / Double(UInt64(1) << 53)
    }
}
