import CorbelAPI
import Effects
import ResourceClient

// The cluster, as the centre knows it.
extension Stage {
    var clusterKey: ObjectKey { EdgeCluster.key(namespace: "default", name: DemoLayout.clusterName) }

    /// Switches machines on, applies packs and profiles, and asks for a cluster of those machines, as a person does.
    ///
    /// - Parameter wanted: the cluster; a control plane of all machines, unless said.
    func askForCluster(_ wanted: WantedCluster? = nil) async throws {
        let wanted = wanted ?? WantedCluster(pools: [.controlPlane(Array(allHosts))])
        for number in wanted.machines { try await start(host: number) }
        try await expectRegistered(wanted.machines)
        try await centre.apply(directory: layout.settings.examplesDirectory + "/packs", files)
        try await centre.apply(directory: layout.settings.examplesDirectory + "/profiles", files)
        await say("packs and profiles are applied")
        try await apply(wanted)
        await say("the cluster \(DemoLayout.clusterName) is asked for")
    }

    /// Says what the cluster should be.
    ///
    /// - Throws: what the centre refuses.
    func apply(_ wanted: WantedCluster) async throws {
        // As `corbel apply` does it, so that later changes by the command line are by the same manager.
        _ = try await centre.client.apply(wanted.resource(layout), by: "corbel", force: true)
    }

    /// These machines have registered, and no others.
    func expectRegistered(_ numbers: [Int]) async throws {
        let names = numbers.map(layout.hostName).sorted()
        try await require("\(names.joined(separator: ", ")) register") {
            let hosts = try await centre.client.list(EdgeHost.self).map(\.name).sorted()
            return Sighting(hosts == names, "registered: \(hosts.joined(separator: ", "))")
        }
    }

    func cluster() async throws -> EdgeCluster { EdgeCluster(try await centre.client.get(clusterKey)) }

    /// Calls `body` with every version of the cluster, from the present one on, until it answers true or the time is
    /// up. A centre that is down is asked again: what it wrote meanwhile shows when it is back.
    ///
    /// - Returns: whether `body` answered true.
    func follow(
        within limit: Duration, _ body: @escaping @Sendable (EdgeCluster) async throws -> Bool
    ) async throws -> Bool {
        let deadline = time.uptime + limit
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                while true {
                    if try await followOnce(body) { return true }
                    try await time.sleep(for: .milliseconds(100))
                }
            }
            group.addTask {
                try await time.sleep(for: deadline - time.uptime)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    /// One list and one watch, until the watch breaks.
    private func followOnce(_ body: @Sendable (EdgeCluster) async throws -> Bool) async throws -> Bool {
        do {
            var options = ListOptions(namespace: clusterKey.namespace)
            let list = try await centre.client.list(EdgeCluster.groupKind, options)
            for item in list.items where item.key == clusterKey {
                if try await body(EdgeCluster(item)) { return true }
            }
            options.resourceVersion = list.resourceVersion
            for try await event in try await centre.client.watch(EdgeCluster.groupKind, options) {
                switch event {
                case .added(let object) where object.key == clusterKey,
                    .modified(let object) where object.key == clusterKey:
                    if try await body(EdgeCluster(object)) { return true }
                default: continue
                }
            }
        } catch is StatusError {
            // The centre is down, or the watch is too old; the caller begins anew.
            try Task.checkCancellation()
        }
        return false
    }
}

extension EdgeCluster {
    /// `Sealed`, `Imported`, …; `nil` before the pivot has begun.
    var pivotStep: String? { json["status", "pivot", "step"]?.stringValue }
    var planeName: String { json["status", "plane"]?.stringValue ?? "none" }
    var healthLevel: String { json["status", "health", "level"]?.stringValue ?? "none" }
    var readyHosts: Int { json["status", "readyHosts"]?.intValue ?? 0 }

    /// Each layer, and whether it is ready.
    var layerStates: [(name: String, isReady: Bool)] {
        (json["status", "layers"]?.arrayValue ?? []).map {
            ($0["name"]?.stringValue ?? "", $0["ready"]?.boolValue ?? false)
        }
    }

    /// What is not green, in words.
    var healthReasons: String {
        let reasons = json["status", "health", "reasons"]?.arrayValue ?? []
        return reasons.prefix(3).compactMap { $0["message"]?.stringValue }.joined(separator: "; ")
    }
}
