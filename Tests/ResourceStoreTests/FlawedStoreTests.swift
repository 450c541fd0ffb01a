import CorbelAPI
import ResourceStore
import StoreConformance
import Testing

/// A store with one mistake, which the suite must find.
private struct FlawedStore: ResourceStore {
    enum Flaw: CaseIterable {
        case putIgnoresExpectation, deleteIgnoresExpectation, getForgetsLargeValues, listForgetsWhereToGoOn
        case listReadsTheNewest, listCountsNothing, countIsOneOff, prefixIsAFolder, watchMissesTheFirst
        case watchRepeatsTheLast, watchBeginsLate, futureIsAccepted, compactionIsForgotten, revisionLags
    }

    let flaw: Flaw
    let store: MemoryStore

    func get(_ key: StoreKey) async throws -> StoreEntry? {
        let entry = try await store.get(key)
        return flaw == .getForgetsLargeValues && entry?.value.count ?? 0 > 1 << 20 ? nil : entry
    }

    func list(
        _ prefix: StoreKey, at revision: StoreRevision?, limit: Int?, after key: StoreKey?
    ) async throws -> StorePage {
        let prefix = flaw == .prefixIsAFolder && !prefix.text.hasSuffix("/") ? StoreKey(prefix.text + "/") : prefix
        let key = flaw == .listForgetsWhereToGoOn ? nil : key
        var moment = flaw == .listReadsTheNewest ? nil : revision
        if flaw == .futureIsAccepted, let asked = moment { moment = min(asked, try await store.currentRevision()) }
        var page = try await store.list(prefix, at: moment, limit: limit, after: key)
        if flaw == .listCountsNothing { page.remaining = 0 }
        return page
    }

    func count(_ prefix: StoreKey) async throws -> Int {
        try await store.count(prefix) + (flaw == .countIsOneOff ? 1 : 0)
    }

    func put(
        _ key: StoreKey, _ value: [UInt8], expecting expectation: StoreExpectation
    ) async throws -> StoreOutcome {
        guard flaw == .putIgnoresExpectation, let current = try await store.get(key) else {
            return try await store.put(key, value, expecting: expectation)
        }
        return try await store.put(key, value, expecting: .revision(current.revision))
    }

    func delete(_ key: StoreKey, expecting revision: StoreRevision) async throws -> StoreOutcome {
        guard flaw == .deleteIgnoresExpectation, let current = try await store.get(key) else {
            return try await store.delete(key, expecting: revision)
        }
        return try await store.delete(key, expecting: current.revision)
    }

    func watch(_ prefix: StoreKey, after revision: StoreRevision?) async throws -> StoreWatch {
        let current = try await store.currentRevision()
        switch flaw {
        case .watchMissesTheFirst: return try await store.watch(prefix, after: revision.map { min($0.next, current) })
        case .watchRepeatsTheLast:
            return try await store.watch(prefix, after: revision.map { max(.initial, StoreRevision($0.rawValue - 1)) })
        case .watchBeginsLate: return try await store.watch(prefix, after: nil)
        default: return try await store.watch(prefix, after: revision)
        }
    }

    func compact(_ revision: StoreRevision) async throws {
        if flaw != .compactionIsForgotten { try await store.compact(revision) }
    }

    func currentRevision() async throws -> StoreRevision {
        let revision = try await store.currentRevision()
        return flaw == .revisionLags ? max(.initial, StoreRevision(revision.rawValue - 1)) : revision
    }
}

@Suite("The conformance suite")
struct FlawedStoreTests {
    @Test("finds every planted mistake", .timeLimit(.minutes(1)), arguments: FlawedStore.Flaw.allCases)
    private func finds(_ flaw: FlawedStore.Flaw) async {
        for check in StoreCheck.all {
            do {
                try await check.run(on: FlawedStore(flaw: flaw, store: MemoryStore(limits: check.limits)))
            } catch {
                return
            }
        }
        Issue.record("no check notices \(flaw)")
    }

    @Test("has names that tell its checks apart")
    func names() {
        #expect(Set(StoreCheck.all.map(\.name)).count == StoreCheck.all.count)
    }
}
