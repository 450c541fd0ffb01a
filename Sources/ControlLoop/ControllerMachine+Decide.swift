public import CorbelAPI

// From a changed cache to keys, and from keys to decisions.
extension ControllerMachine {
    mutating func enqueue(_ changes: [CacheChange], now: Timestamp) {
        for change in changes {
            let key = change.object.key
            for index in primaries[key.kind] ?? [] { wake(key, of: index, now: now) }
            var verdicts = ChangeVerdicts(change)
            for (index, watch) in watches[key.kind] ?? [] where verdicts.isDecisive(watch.decisive) {
                for woken in objects(concernedBy: change, watch) { wake(woken, of: index, now: now) }
            }
        }
    }

    /// Queues a key for now, or for the end of its reconciler's batch.
    mutating func wake(_ key: ObjectKey, of index: Int, now: Timestamp) {
        let period = batchPeriods[index]
        if period > .zero { queues[index].add(key, at: now + period) } else { queues[index].add(key) }
    }

    /// The primary objects that a change concerns: by what the object was as much as by what it is, since a change may
    /// have cut the tie.
    private func objects(concernedBy change: CacheChange, _ watch: WatchedKind) -> [ObjectKey] {
        let now = change.new.map { watch.affects($0, cache.snapshot) } ?? []
        let before = change.old.map { watch.affects($0, cache.snapshot) } ?? []
        return now == before ? now : now + before
    }

    /// A queue that had to drop keys gets all of them again once there is room: what is dropped is late, never lost.
    mutating func refillOverflowedQueues() {
        for index in queues.indices where queues[index].hasOverflowed && queues[index].hasRoom {
            queues[index].clearOverflow()
            for object in cache.snapshot.list(reconcilers[index].primary) { queues[index].add(object.key) }
        }
    }

    mutating func decide(now: Timestamp, wallClock: Timestamp) -> [Action] {
        guard hasSynced else { return [] }
        var actions: [Action] = []
        var budget = configuration.maxDecisionsPerEvent
        hasMoreToDecide = false
        for index in reconcilers.indices {
            while inFlight.count < configuration.maxInFlight {
                if budget == 0 {
                    hasMoreToDecide = true
                    return actions
                }
                guard let key = queues[index].next(now: now) else { break }
                budget -= 1
                actions += decide(key, of: index, now: now, wallClock: wallClock)
            }
        }
        // A wait may have woken a reconciler whose turn was over.
        hasMoreToDecide = queues.contains { $0.count > 0 }
        return actions
    }

    private mutating func decide(
        _ key: ObjectKey, of index: Int, now: Timestamp, wallClock: Timestamp
    ) -> [Action] {
        let reconciler = reconcilers[index]
        let workKey = WorkKey(reconciler.name, key)
        guard resting[workKey] == nil else {
            // `wakeRested` adds the key again when the cache is as far as the key's own writes.
            queues[index].done(key)
            return []
        }
        let outcome = reconciler.reconcile(key, in: cache.snapshot, now: wallClock)
        let actions = note(outcome.waits, of: workKey, now: now)
        if let delay = outcome.requeueAfter { queues[index].add(key, at: now + delay) }
        guard !outcome.intents.isEmpty else {
            failures[workKey] = nil
            queues[index].done(key)
            return actions
        }
        let work = Work(key: workKey, intents: outcome.intents)
        inFlight[workKey] = work
        return actions + [.perform(work)]
    }

    /// What the reconcilers would write if all of them were asked now about everything that the cache holds: nothing,
    /// where they have come to rest and none was left asleep.
    public func wanted(wallClock: Timestamp) -> [(key: WorkKey, intents: [Intent])] {
        reconcilers.flatMap { reconciler in
            cache.snapshot.list(reconciler.primary).compactMap { object in
                let intents = reconciler.reconcile(object.key, in: cache.snapshot, now: wallClock).intents
                return intents.isEmpty ? nil : (WorkKey(reconciler.name, object.key), intents)
            }
        }
    }

    private mutating func note(_ new: [Wait], of key: WorkKey, now: Timestamp) -> [Action] {
        guard cache.snapshot.note(new, of: key.reconciler, at: key.key) else { return [] }
        for index in reconcilers.indices where reconcilers[index].name != key.reconciler {
            for woken in reconcilers[index].objectsToWake(forWaitsAt: key.key, in: cache.snapshot) {
                wake(woken, of: index, now: now)
            }
        }
        return [.waits(key, new)]
    }
}
