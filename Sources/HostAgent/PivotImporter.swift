import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import Lifecycle
import Logging
import ResourceClient

/// The site's side of the pivot, on a control-plane host: fetches what the centre has sealed, writes it to the site's
/// API server, and reports. Every step is decided by `PivotImport` from what is, so that a crash anywhere is followed
/// by the same step again.
struct PivotImporter: Sendable {
    let registration: HostRegistrationRecord
    let configuration: AgentConfiguration
    let effects: HostEffects
    let centre: CentreLink
    let machine: MachineLink
    let access: SiteAccess
    let logger: Logger

    /// Looks again and again whether there is something to do. Runs until it is cancelled.
    func run() async throws {
        while true {
            var isAwaited = false
            do {
                isAwaited = try await pivotAwaitsSite()
                if isAwaited { while try await step() {} }
            } catch let error as StatusError {
                logger.info("pivot: \(error.message)")
            }
            try await effects.time.sleep(for: .seconds(isAwaited ? 2 : 5))
        }
    }

    /// Most of a cluster's life nothing is: one small question tells.
    private func pivotAwaitsSite() async throws -> Bool {
        guard try await access.administrator() != nil, let name = try await clusterName() else { return false }
        let key = EdgeCluster.key(namespace: registration.namespace, name: name)
        let status = PivotStatus(of: EdgeCluster(try await centre.client().get(key)))
        if status?.isUnderWay != true { await machine.hold(false) }
        return status?.awaitsSite ?? false
    }

    /// Takes one step; answers whether another may follow at once.
    private func step() async throws -> Bool {
        guard let site = try await access.administrator(),
            let cluster = try await clusterName(), let sealed = try await fetch(cluster)
        else { return false }
        let bundle = PivotBundle(json: sealed["bundle"] ?? [:])
        let edgeCluster = EdgeCluster(json: sealed["cluster"] ?? [:])
        await machine.hold(PivotStatus(of: edgeCluster)?.isUnderWay ?? false)
        let held = try await snapshot(of: site, namespace: edgeCluster.namespace)
        guard let pivot = PivotImport(bundle: bundle, cluster: edgeCluster, site: held) else { return false }
        let epoch = sealed["bundle", "epoch"] ?? 0
        switch pivot.next {
        case .write(let intents):
            let writer = IntentWriter(client: site, manager: "pivot")
            for intent in intents { try await writer.write(intent) }
            logger.info("pivot: \(intents.count) objects written")
            return true
        case .report(let digest): try await report(["epoch": epoch, "importedDigest": .string(digest)], cluster)
        case .reportRelease: try await report(["epoch": epoch, "released": true], cluster)
        case .wait(let wait): logger.info("pivot waits: \(wait.message)")
        case .finished: break
        }
        return false
    }

    private func clusterName() async throws -> String? {
        let key = EdgeHost.key(namespace: registration.namespace, name: registration.name)
        return EdgeHost(try await centre.client().get(key)).consumerCluster
    }

    private func url(_ cluster: String) -> String {
        "\(configuration.centreURL)/pivot/v1alpha1/\(registration.namespace)/\(cluster)"
    }

    /// What the centre has sealed, or `nil` before it has.
    private func fetch(_ cluster: String) async throws -> JSONValue? {
        let reply = try await centre.sender().send(HTTPCall("GET", url(cluster)), limit: 64 << 20)
        if reply.status == 404 || reply.status == 403 { return nil }
        let json = try JSONValue(parsing: reply.body, limits: JSONLimits(bytes: 64 << 20))
        guard reply.status == 200 else { throw StatusError(json: json) }
        return json
    }

    private func report(_ body: JSONValue, _ cluster: String) async throws {
        let headers = [HTTPCall.Header("Content-Type", "application/json")]
        let reply = try await centre.sender().send(
            HTTPCall("POST", url(cluster), headers: headers, body: body.encoded), limit: 1 << 20)
        guard reply.status == 200 else { throw StatusError(json: try JSONValue(parsing: reply.body)) }
        logger.notice("pivot: reported \(body.encodedText)")
    }

    private func snapshot(of site: any ResourceClient, namespace: String) async throws -> Snapshot {
        var snapshot = Snapshot()
        for kind in PivotBundle.movedKinds + [EdgeCluster.groupKind, ClusterRevision.groupKind] {
            for object in try await site.list(kind, ListOptions(namespace: namespace)).items { snapshot.insert(object) }
        }
        for object in try await site.list(Namespace.groupKind, ListOptions()).items { snapshot.insert(object) }
        return snapshot
    }
}
