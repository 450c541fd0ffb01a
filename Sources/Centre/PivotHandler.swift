import APIServer
import ControlLoop
import CorbelAPI
import HostRegistration
import Lifecycle
import ResourceClient

/// The centre's endpoint of a pivot, for the control-plane hosts of the cluster alone.
///
///     GET  /pivot/v1alpha1/<namespace>/<cluster>   {"cluster": EdgeCluster, "bundle": {…}}
///     POST                                         {"epoch", "importedDigest"} or {"epoch", "released": true}
///
/// A pull, because the centre can reach nobody. What it serves is what `PivotReconciler` has sealed; what a host
/// reports goes into the EdgeCluster's status, and the reconciler decides what follows.
struct PivotHandler: RequestHandler {
    static let pathPrefix = "/pivot/v1alpha1/"

    /// Acts as the server itself.
    let client: any ResourceClient

    func handle(_ request: APIRequest) async -> APIResponse {
        do {
            let cluster = try await cluster(of: request)
            switch request.method {
            case "GET": return try await bundle(of: cluster)
            case "POST": return try await take(request.body, from: cluster)
            default: throw StatusError(.methodNotAllowed, "a pivot answers GET and POST only")
            }
        } catch let error as StatusError {
            return .failure(error)
        } catch {
            return .failure(StatusError(.internalError, "unexpected error: \(error)"))
        }
    }

    /// The cluster that the path names, if the host that asks serves its control plane: one that is approved and not
    /// revoked, with a certificate of its own.
    private func cluster(of request: APIRequest) async throws -> EdgeCluster {
        let parts = request.path.dropFirst(Self.pathPrefix.count).split(separator: "/").map(String.init)
        guard parts.count == 2, let host = HostIdentity(request.user), host.namespace == parts[0] else {
            throw StatusError(.forbidden, "a pivot is for the control-plane hosts of its cluster")
        }
        guard let edgeHost = try await client.find(EdgeHost.self, namespace: host.namespace, name: host.name),
            edgeHost.mayTakePart(as: request.user)
        else { throw StatusError(.forbidden, "the EdgeHost \(host.namespace)/\(host.name) is not approved") }
        let cluster = try await client.find(EdgeCluster.self, namespace: parts[0], name: parts[1])
        guard let cluster, edgeHost.consumerCluster == cluster.name,
            cluster.controlPlanePool?.hosts.contains(host.name) == true
        else { throw StatusError(.forbidden, "the host \(host.name) does not serve the control plane of \(parts[1])") }
        return cluster
    }

    private func bundle(of cluster: EdgeCluster) async throws -> APIResponse {
        guard let status = PivotStatus(of: cluster) else {
            throw StatusError(.notFound, "the pivot of \(cluster.name) has not begun")
        }
        var snapshot = Snapshot([Unstructured(cluster)])
        for kind in PivotBundle.movedKinds + [ClusterRevision.groupKind] {
            for object in try await client.list(kind, ListOptions(namespace: cluster.namespace)).items {
                snapshot.insert(object)
            }
        }
        let bundle = PivotBundle(of: cluster, in: snapshot)
        let answer: JSONValue = ["cluster": cluster.json, "bundle": bundle.json(status)]
        return .document(.init(body: answer.encoded))
    }

    private func take(_ body: [UInt8], from cluster: EdgeCluster) async throws -> APIResponse {
        let report: JSONValue
        do {
            report = try JSONValue(parsing: body)
        } catch {
            throw StatusError(.badRequest, "the body is no JSON document: \(error)")
        }
        guard var status = PivotStatus(of: cluster), let epoch = report["epoch"]?.intValue else {
            throw StatusError(.badRequest, "epoch: is required, and the pivot must have begun")
        }
        if report["released"]?.boolValue == true {
            try status.takeRelease(epoch: epoch)
        } else if let digest = report["importedDigest"]?.stringValue {
            try status.take(importedDigest: digest, epoch: epoch)
        } else {
            throw StatusError(.badRequest, "importedDigest or released: one of the two is required")
        }
        var updated = cluster
        updated.json["status", "pivot"] = status.json
        _ = try await client.updateStatus(updated, by: "pivot")
        return .document(.init(body: JSONValue.object(["pivot": status.json]).encoded))
    }
}
