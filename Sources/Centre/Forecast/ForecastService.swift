import APIMachinery
import CorbelAPI
import Effects
import Logging
import ResourceClient
import Revisions

/// Gives every update that awaits approval its forecast, one after the other.
///
/// It stands beside the reconcilers, holds nobody up, and may be ended at any moment: whatever has no forecast then
/// gets one later. An update is rehearsed once. Where that comes to nothing, the update says why.
struct ForecastService: Sendable {
    /// How often a write is tried that a busy server turns away.
    private static let attempts = 30

    let client: any ResourceClient
    let rehearser: any UpdateRehearser
    /// Images that the centre has, by their length.
    let imageBytes: @Sendable (_ digest: String) async throws -> Int64?
    let time: any TimeSource
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        // Updates whose forecast the server does not take, by uid; at most as many as there are updates.
        var refused: Set<String> = []
        while true {
            do {
                let list = try await client.list(ClusterUpdate.groupKind, ListOptions())
                let updates = list.items.map { ClusterUpdate(json: $0.json) }
                refused.formIntersection(updates.map(\.uid))
                guard let update = ForecastDemand.next(of: updates, except: refused) else {
                    try await demand(after: list.resourceVersion, except: refused)
                    continue
                }
                let history = updates.filter {
                    $0.namespace == update.namespace && $0.clusterName == update.clusterName
                }
                guard let outcome = try await outcome(for: update, history) else { continue }
                if try await !write(outcome, to: update) { refused.insert(update.uid) }
            } catch let error as StatusError {
                logger.warning("forecasts rest: \(error.message); trying again")
                try await time.sleep(for: .seconds(5))
            }
        }
    }

    /// Returns when an update wants a forecast, or when the server ends the watch.
    private func demand(after revision: String, except refused: Set<String>) async throws {
        var options = ListOptions()
        options.resourceVersion = revision
        for try await event in try await client.watch(ClusterUpdate.groupKind, options) {
            switch event {
            case .added(let object), .modified(let object):
                let update = ClusterUpdate(json: object.json)
                if update.wantsForecast, !refused.contains(update.uid) { return }
            case .deleted, .bookmark: continue
            }
        }
        try await time.sleep(for: .seconds(1))
    }

    /// What comes of the rehearsal; nil where nobody has any use for it any more.
    private func outcome(
        for update: ClusterUpdate, _ history: [ClusterUpdate]
    ) async throws -> RehearsalOutcome? {
        let cluster = try await client.find(EdgeCluster.self, namespace: update.namespace, name: update.clusterName)
        var revisions: [ClusterRevision] = []
        let origins = update.plannedHosts.map(\.from) + [cluster?.currentRevision, update.fromRevision]
        for name in Set((origins + [update.toRevision]).compactMap(\.self)).sorted() {
            let revision = try await client.find(ClusterRevision.self, namespace: update.namespace, name: name)
            revisions += [revision].compactMap(\.self)
        }
        let image = revisions.first { $0.name == update.toRevision }.flatMap { ImageDigest.of(reference: $0.osImage) }
        let demand = ForecastDemand.change(
            of: update, cluster: cluster, revisions: revisions, history: history,
            imageBytes: await length(of: image))
        switch demand {
        case .failure(let obstacle): return .refused(obstacle)
        case .success(let change):
            return try await withThrowingTaskGroup(of: RehearsalOutcome?.self) { group in
                group.addTask { try await rehearser.rehearse(change) }
                group.addTask {
                    try await uselessness(of: update)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
    }

    /// A forecast does without what cannot be read.
    private func length(of image: String?) async -> Int64? {
        guard let image else { return nil }
        do {
            return try await imageBytes(image)
        } catch {
            logger.warning("the length of the image \(image) cannot be read: \(error)")
            return nil
        }
    }

    /// Returns when the update has gone or come to an end without its forecast.
    private func uselessness(of update: ClusterUpdate) async throws {
        var options = ListOptions(namespace: update.namespace)
        options.fieldSelector = "metadata.name=\(update.name)"
        while true {
            do {
                let list = try await client.list(ClusterUpdate.groupKind, options)
                guard let present = list.items.first, isOfUse(present, as: update) else { return }
                options.resourceVersion = list.resourceVersion
                for try await event in try await client.watch(ClusterUpdate.groupKind, options) {
                    switch event {
                    case .added(let object), .modified(let object): if !isOfUse(object, as: update) { return }
                    case .deleted: return
                    case .bookmark: continue
                    }
                }
            } catch let error as StatusError {
                logger.debug("the update \(update.name) is not heard of: \(error.message); trying again")
            }
            options.resourceVersion = ""
            try await time.sleep(for: .seconds(1))
        }
    }

    private func isOfUse(_ object: Unstructured, as update: ClusterUpdate) -> Bool {
        object.uid == update.uid && ClusterUpdate(json: object.json).isOfUse
    }

    /// - Returns: false where the server does not take it, now or ever.
    private func write(_ outcome: RehearsalOutcome, to update: ClusterUpdate) async throws -> Bool {
        let patch = ForecastDemand.patch(outcome, for: update)
        for _ in 0..<Self.attempts {
            do {
                let options = WriteOptions(fieldManager: "corbel-forecast")
                _ = try await client.patch(update.key, .json, patch, subresource: nil, options)
                return true
            } catch let error as StatusError where error.isTransient || error.reason == .conflict {
                try await time.sleep(for: .seconds(1))
            } catch let error as StatusError {
                logger.warning("the forecast of \(update.name) cannot be written: \(error.message)")
                return false
            }
        }
        return false
    }
}
