import CorbelAPI

// From a changed cache to keys, and from keys to decisions.
extension ControllerMachine {
    mutating func enqueue(_ changes: [CacheChange]) {
        for change in changes {
            for index in reconcilers.indices {
                for key in keys(for: change, of: reconcilers[index]) { queues[index].add(key) }
            }
        }
    }

    /// The primary objects of a reconciler that a change concerns: by what the object was as much as by what it is,
    /// since a change may have cut the tie.
    private func keys(for change: CacheChange, of reconciler: any Reconciler) -> [ObjectKey] {
        let object = change.object
        var keys: Set<ObjectKey> = object.groupKind == reconciler.primary ? [object.key] : []
        for watch in reconciler.watches where watch.kind == object.groupKind {
            for version in [change.old, change.new].compactMap({ $0 }) {
                keys.formUnion(watch.affects(version, cache.snapshot))
            }
        }
        return keys.sorted()
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
        let actions = note(outcome.waits, of: workKey)
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

    private mutating func note(_ new: [Wait], of key: WorkKey) -> [Action] {
        guard waits[key] ?? [] != new else { return [] }
        waits[key] = new.isEmpty ? nil : new
        return [.waits(key, new)]
    }
}
