import APIMachinery
import ControlLoop
import CorbelAPI
import Effects
import Logging
import ResourceClient

import enum ResourceClient.WatchEvent

/// Carries out what `ControllerMachine` asks for, and reports every outcome as an event.
struct ActionPerformer: Sendable {
    let client: any ResourceClient
    let time: any TimeSource
    let random: any RandomSource
    let events: any EventSink
    let logger: Logger
    let report: @Sendable (ControllerMachine.Event) -> Void

    private static let unservedKindInterval = Duration.seconds(30)

    private let backoff = Backoff()

    init(
        client: any ResourceClient, time: any TimeSource, random: any RandomSource, events: any EventSink,
        logger: Logger,
        report: @escaping @Sendable (ControllerMachine.Event) -> Void
    ) {
        self.client = client
        self.time = time
        self.random = random
        self.events = events
        self.logger = logger
        self.report = report
    }

    func perform(_ action: ControllerMachine.Action) async throws {
        switch action {
        case .list(let kind): try await follow(kind)
        case .read(let key): try await read(key)
        case .perform(let work): report(.performed(work.key, try await carryOut(work)))
        case .waits(let key, let waits):
            for wait in waits { logger.debug("\(key.reconciler) \(key.key) waits: \(wait.message)") }
        }
    }

    // MARK: Reading

    /// Lists a kind and follows its changes until the server has forgotten where we are; the machine then asks for a
    /// list anew.
    private func follow(_ kind: GroupKind) async throws {
        let list = try await retrying("list \(kind)") { try await listOrNothing(kind) }
        report(.listed(kind, list.items, resourceVersion: list.resourceVersion))
        var revision = list.resourceVersion
        var failures = 0
        while true {
            do {
                var options = ListOptions()
                options.resourceVersion = revision
                for try await event in try await client.watch(kind, options) {
                    revision = pass(on: event, of: kind)
                    failures = 0
                }
                try await time.sleep(for: .milliseconds(100))
            } catch let error as StatusError where error.reason == .expired || error.reason == .gone {
                report(.watched(kind, .expired))
                return
            } catch let error as StatusError where error.reason == .notFound {
                // A kind that is not served now may be served later.
                try await time.sleep(for: Self.unservedKindInterval)
                report(.watched(kind, .expired))
                return
            } catch let error as StatusError {
                logger.debug("watch \(kind): \(error.message)")
                try await pause(after: &failures)
            }
        }
    }

    /// What a server does not serve yet is an empty list: a site's kinds arrive with the pivot.
    private func listOrNothing(_ kind: GroupKind) async throws -> ResourceList {
        do {
            return try await client.list(kind, ListOptions())
        } catch let error as StatusError where error.reason == .notFound {
            return ResourceList(items: [], resourceVersion: "0")
        }
    }

    /// Reports an event and answers its revision.
    private func pass(on event: WatchEvent, of kind: GroupKind) -> String {
        switch event {
        case .added(let object), .modified(let object):
            report(.watched(kind, .stored(object)))
            return object.resourceVersion
        case .deleted(let object):
            report(.watched(kind, .deleted(object)))
            return object.resourceVersion
        case .bookmark(let revision):
            report(.watched(kind, .bookmark(resourceVersion: revision)))
            return revision
        }
    }

    private func read(_ key: ObjectKey) async throws {
        let object = try await retrying("get \(key)") {
            do {
                return Optional(try await client.get(key))
            } catch let error as StatusError where error.reason == .notFound {
                return nil
            }
        }
        report(.read(key, object))
    }

    /// Repeats a read until the server answers it.
    private func retrying<Answer>(_ what: String, _ body: () async throws -> Answer) async throws -> Answer {
        var failures = 0
        while true {
            do {
                return try await body()
            } catch let error as StatusError {
                logger.debug("\(what): \(error.message)")
                try await pause(after: &failures)
            }
        }
    }

    private func pause(after failures: inout Int) async throws {
        failures += 1
        try await time.sleep(for: backoff.delay(failures: failures, random: random.fraction()))
    }

    // MARK: Writing

    /// Carries out the intents in order and stops after the first that was not done; an eviction that a budget refuses
    /// stops nothing.
    private func carryOut(_ work: ControllerMachine.Work) async throws -> [ControllerMachine.WriteResult] {
        var results: [ControllerMachine.WriteResult] = []
        for intent in work.intents {
            let result = try await carryOut(intent, by: work.key.reconciler)
            results.append(result)
            guard case .done = result else {
                if case .evict = intent, case .failed(let error) = result, error.reason == .tooManyRequests { continue }
                break
            }
        }
        return results
    }

    private func carryOut(_ intent: Intent, by reconciler: String) async throws -> ControllerMachine.WriteResult {
        do {
            return .done(try await write(intent, by: reconciler))
        } catch let error as StatusError {
            logger.debug("\(reconciler): \(error.message)")
            return error.isAnswer ? .failed(error) : .unanswered
        }
    }

    private func write(_ intent: Intent, by reconciler: String) async throws -> Unstructured? {
        if case .event(let event) = intent {
            await events.record(event)
            return nil
        }
        return try await IntentWriter(client: client, manager: reconciler).write(intent)
    }
}

extension StatusError {
    /// Whether the server has answered, so that it is known that nothing was written.
    fileprivate var isAnswer: Bool { reason != .timeout && reason != .serviceUnavailable }
}
