import CorbelAPI

// What became of the writes, and how long a key rests after them.
extension ControllerMachine {
    mutating func finish(_ key: WorkKey, _ results: [WriteResult], now: Timestamp, random: Double) -> [Action] {
        guard let work = inFlight.removeValue(forKey: key), let index = index(of: key) else { return [] }
        precondition(results.count <= work.intents.count, "\(key.key) was given more answers than it has writes")
        var expectations: Set<InformerCache.Expectation> = []
        var actions: [Action] = []
        var failure: StatusError?
        for (intent, result) in zip(work.intents, results) {
            switch result {
            case .done(let stored): expectations.formUnion(expectation(of: intent, stored))
            case .failed(let error): failure = failure ?? failureThatCounts(error, of: intent)
            case .unanswered:
                guard let target = intent.target, kinds.contains(target.kind) else { continue }
                expectations.insert(.reading(target))
                actions.append(.read(target))
            }
        }
        let isComplete = results.count == work.intents.count && failure == nil
        failures[key] = isComplete ? nil : (failures[key] ?? 0) + 1
        rest(key, until: expectations, now: now)
        queues[index].done(key.key)
        if !isComplete { retry(key, in: index, after: failure, now: now, random: random) }
        return actions
    }

    /// A refused eviction is an answer: the budget says no for now, and the reconciler reads the budget.
    private func failureThatCounts(_ error: StatusError, of intent: Intent) -> StatusError? {
        if case .evict = intent, error.reason == .tooManyRequests { return nil }
        return error
    }

    private func expectation(of intent: Intent, _ stored: Unstructured?) -> [InformerCache.Expectation] {
        switch intent {
        case .create, .update, .updateStatus, .applyManifest:
            guard let stored, kinds.contains(stored.groupKind) else { return [] }
            return [.version(stored.key, stored.resourceVersion)]
        case .delete(let key, let uid, _), .evict(let key, let uid):
            return kinds.contains(key.kind) ? [.deletion(key, uid: uid)] : []
        case .event:
            return []
        }
    }

    private mutating func rest(_ key: WorkKey, until expectations: Set<InformerCache.Expectation>, now: Timestamp) {
        let open = expectations.filter { !cache.fulfils($0) }
        resting[key] = open.isEmpty ? nil : Rest(expectations: open, since: now)
    }

    private mutating func retry(
        _ key: WorkKey, in index: Int, after failure: StatusError?, now: Timestamp, random: Double
    ) {
        let delay = configuration.backoff.delay(failures: failures[key] ?? 1, random: random)
        queues[index].add(key.key, at: now + max(delay, failure?.retryAfter ?? .zero))
    }

    private func index(of key: WorkKey) -> Int? { reconcilers.firstIndex { $0.name == key.reconciler } }

    mutating func takeRead(_ key: ObjectKey, _ object: Unstructured?, now: Timestamp) {
        if let object { enqueue(cache.take(read: object).map { [$0] } ?? [], now: now) }
        for (workKey, rest) in resting where rest.expectations.contains(.reading(key)) {
            var expectations = rest.expectations
            expectations.remove(.reading(key))
            // The object is gone, and the watch has yet to say so.
            if object == nil, let cached = cache.snapshot[key] {
                expectations.insert(.deletion(key, uid: cached.uid))
            }
            resting[workKey] = Rest(expectations: expectations, since: rest.since)
        }
    }

    /// A list is a read of every object of its kind.
    mutating func settleReads(of kind: GroupKind) {
        for (workKey, rest) in resting {
            let open = rest.expectations.filter { $0.key.kind != kind }
            if open != rest.expectations { resting[workKey] = Rest(expectations: open, since: rest.since) }
        }
    }

    /// Ends the rest of every key whose writes the cache has seen.
    mutating func wakeRested(now: Timestamp) {
        for (workKey, rest) in resting.sorted(by: { $0.key < $1.key }) {
            let open = rest.expectations.filter { !cache.fulfils($0) }
            guard open.isEmpty else { continue }
            resting[workKey] = nil
            if let index = index(of: workKey) { wake(workKey.key, of: index, now: now) }
        }
    }

    /// A watch that never shows an own write is broken in a way that only a list can find out.
    mutating func relistLaggingKinds(now: Timestamp) -> [Action] {
        var kinds: Set<GroupKind> = []
        for (workKey, rest) in resting where now - rest.since >= configuration.cacheLagLimit {
            kinds.formUnion(rest.expectations.map(\.key.kind))
            resting[workKey]?.since = now
        }
        return kinds.sorted().map { .list($0) }
    }
}
