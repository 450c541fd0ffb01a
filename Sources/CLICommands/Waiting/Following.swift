import APIMachinery
import CorbelAPI
import Effects
import KubeClient
import ResourceClient

/// Follows one object until something is true of it. Lost connections are resumed; what was missed is read again.
struct Following: Sendable {
    let client: KubeClient
    let time: any TimeSource
    let progress: ProgressReporter
    let timeout: Duration
    /// What to say when the time is up, where there is more to say than that.
    var late: CommandFailure?

    /// Judges the object now and after every change, `nil` where there is none, until a judgement is an answer.
    ///
    /// - Throws: ``CommandFailure`` when the time is up.
    func until<Answer: Sendable>(
        _ key: ObjectKey, _ judge: @escaping @Sendable (Unstructured?) throws -> Answer?
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { group in
            group.addTask { try await follow(key, judge) }
            group.addTask {
                try await time.sleep(for: timeout)
                return nil
            }
            group.addTask { try await showTime(key) }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else {
                if let late { throw late }
                let time = DurationArgument(timeout).defaultValueDescription
                throw CommandFailure(
                    "the time is up: \(key) is not there yet after \(time)",
                    hint: "it goes on without this command; `corbel explain` shows what it waits for")
            }
            return answer
        }
    }

    /// On a terminal, lets people see that the command lives. Ends by cancellation alone.
    private func showTime<Answer: Sendable>(_ key: ObjectKey) async throws -> Answer? {
        let start = time.uptime
        while true {
            try await time.sleep(for: .seconds(1))
            progress.status("… \(key.name): waiting for \(HumanDuration.text(time.uptime - start))")
        }
    }

    private func follow<Answer: Sendable>(
        _ key: ObjectKey, _ judge: @Sendable (Unstructured?) throws -> Answer?
    ) async throws -> Answer {
        while true {
            do {
                if let answer = try await followOnce(key, judge) { return answer }
            } catch let error as StatusError
                where error.isTransient || error.reason == .expired || error.reason == .gone
            {
                try Task.checkCancellation()
                if error.isTransient { progress.event("the server does not answer; trying again: \(error.message)") }
            }
            try await time.sleep(for: .seconds(1))
        }
    }

    /// One list and one watch; `nil` where the server ended the watch.
    private func followOnce<Answer: Sendable>(
        _ key: ObjectKey, _ judge: @Sendable (Unstructured?) throws -> Answer?
    ) async throws -> Answer? {
        var options = ListOptions(namespace: key.namespace)
        options.fieldSelector = "metadata.name=\(key.name)"
        let list = try await client.list(key.kind, options)
        if let answer = try judge(list.items.first) { return answer }
        options.resourceVersion = list.resourceVersion
        for try await event in try await client.watch(key.kind, options) {
            switch event {
            case .added(let object), .modified(let object):
                if let answer = try judge(object) { return answer }
            case .deleted: if let answer = try judge(nil) { return answer }
            case .bookmark: continue
            }
        }
        return nil
    }
}
