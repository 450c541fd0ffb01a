import APIMachinery
import CorbelAPI
import Foundation
import KubeClient
import PKI
import ResourceClient
import Testing

@testable import SiteStandin

@Suite("A site of the stand-in, over a real etcd", .serialized)
struct SiteTests {
    @Test("runs pods, respects budgets, moves pods off a cordoned node, and answers kubectl", .timeLimit(.minutes(3)))
    func life() async throws {
        try await TestCluster.with(nodes: ["host-1", "host-2"]) { cluster in
            try await nodesRegister(cluster)
            try await nodeJoins(cluster)
            try await personIsLetIn(cluster)
            try await centreIsHostsAlone(cluster)
            try await deploymentRuns(cluster)
            try await kubectlReads(cluster)
            try await budgetHolds(cluster)
            try await cordonedNodeEmpties(cluster)
            try await garbageGoes(cluster)
            try await nodeFallsSick(cluster)
            try await etcdGoesAway(cluster)
        }
    }

    private func nodesRegister(_ cluster: TestCluster) async throws {
        try await cluster.eventually("two nodes are ready") {
            try await cluster.client.list(Node.self).filter(\.isReady).map(\.name) == ["host-1", "host-2"]
        }
        try await cluster.eventually("the static pods of both show and are ready") {
            try await cluster.client.list(Pod.self, namespace: "kube-system").filter { $0.isMirror && $0.isReady }.count
                == 4
        }
    }

    /// As kubeadm joins a worker: a key and a request by a bootstrapper, a certificate by the site.
    private func nodeJoins(_ cluster: TestCluster) async throws {
        let key = PrivateKey()
        let subject = CertificateSubject(commonName: "system:node:host-3", organizations: ["system:nodes"])
        var request = CertificateSigningRequest(name: "node-csr-3")
        request.signerName = CertificateSigningRequest.kubeletClientSigner
        request.request = try SigningRequest(subject, key: key).pem.bytes
        request.usages = ["digital signature", "client auth"]
        let wanted = request
        try await cluster.eventually("the node has its certificate") {
            let certificate = try await cluster.asking(as: "bootstrapper") { client in
                if let held = try await client.find(CertificateSigningRequest.self, name: wanted.name) {
                    return held.certificate
                }
                return try await client.create(wanted, by: "test").certificate
            }
            guard let bytes = certificate ?? nil else { return false }
            try cluster.write("host-3.crt", bytes)
            return true
        }
        try cluster.write("host-3.key", try key.pem.bytes)
        let nodes = try await cluster.asking(as: "host-3") { try await $0.list(Node.self).map(\.name) }
        #expect(nodes == ["host-1", "host-2"])
        let table = try await cluster.kubectl("get csr")
        #expect(table.contains("joining") && table.contains("Approved,Issued"), "\(table)")
    }

    /// As `corbel kubeconfig` does it, with the approval of kubectl's.
    private func personIsLetIn(_ cluster: TestCluster) async throws {
        let key = PrivateKey()
        let subject = CertificateSubject(commonName: "ada", organizations: ["kubeadm:cluster-admins"])
        var request = CertificateSigningRequest(name: "ada")
        request.signerName = CertificateSigningRequest.clientSigner
        request.request = try SigningRequest(subject, key: key).pem.bytes
        request.usages = ["client auth"]
        request.expiration = .seconds(600)
        _ = try await cluster.client.create(request, by: "test")
        let waiting = try await cluster.kubectl("get csr ada")
        #expect(waiting.contains("Pending") && waiting.contains("10m"), "\(waiting)")
        _ = try await cluster.kubectl("certificate approve ada")
        try await cluster.eventually("the person has a certificate") {
            let held = try await cluster.client.find(CertificateSigningRequest.self, name: "ada")
            guard let bytes = held?.certificate else { return false }
            try cluster.write("ada.crt", bytes)
            return true
        }
        try cluster.write("ada.key", try key.pem.bytes)
        let secrets = try await cluster.asking(as: "ada") { try await $0.list(Secret.self).count }
        #expect(secrets == 0)
    }

    private func centreIsHostsAlone(_ cluster: TestCluster) async throws {
        let machines = try await cluster.asking(as: "centre-host") {
            try await $0.list(HostMachine.self, namespace: "default").count
        }
        #expect(machines == 0)
        let error = await #expect(throws: StatusError.self) {
            _ = try await cluster.asking(as: "centre-admin") { try await $0.list(Node.self).count }
        }
        #expect(error?.reason == .unauthorized)
    }

    private func deploymentRuns(_ cluster: TestCluster) async throws {
        var deployment = Deployment(namespace: "default", name: "web")
        deployment.spec = [
            "replicas": 3, "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]],
                "spec": ["containers": [["name": "main", "image": "web:1"]]],
            ],
        ]
        _ = try await cluster.client.create(deployment, by: "test")
        try await cluster.eventually("the deployment is available") {
            let stored = try await cluster.client.find(Deployment.self, namespace: "default", name: "web")
            return stored?.status["availableReplicas"] == 3 && stored?.isTrue("Available") == true
        }
        #expect(Set(try await cluster.pods("web").compactMap(\.nodeName)) == ["host-1", "host-2"])
    }

    private func kubectlReads(_ cluster: TestCluster) async throws {
        let nodes = try await cluster.kubectl("get nodes")
        #expect(nodes.contains("host-1") && nodes.contains("v1.33.5+corbel-standin"), "\(nodes)")
        let pods = try await cluster.kubectl("get pods -A -o wide")
        #expect(pods.contains("etcd-host-1") && pods.contains("Running"), "\(pods)")
        #expect(try await cluster.kubectl("version").contains("v1.33.5+corbel-standin"))
        #expect(try await cluster.kubectl("rollout status deployment/web").contains("successfully rolled out"))
    }

    private func budgetHolds(_ cluster: TestCluster) async throws {
        var budget = PodDisruptionBudget(namespace: "default", name: "web")
        budget.spec = ["minAvailable": 3, "selector": ["matchLabels": ["app": "web"]]]
        _ = try await cluster.client.create(budget, by: "test")
        try await cluster.eventually("the budget is counted") {
            try await self.budget(cluster)?.status["currentHealthy"] == 3
        }
        let pod = try #require(try await cluster.pods("web").first)
        let error = await #expect(throws: StatusError.self) { try await cluster.client.evict(pod.key, DeleteOptions()) }
        #expect(error?.reason == .tooManyRequests)
        #expect(error?.code == 429)
    }

    private func budget(_ cluster: TestCluster) async throws -> PodDisruptionBudget? {
        try await cluster.client.find(PodDisruptionBudget.self, namespace: "default", name: "web")
    }

    /// Evicts until nothing is left; the budget lets one go at a time.
    private func cordonedNodeEmpties(_ cluster: TestCluster) async throws {
        _ = try await cluster.client.patch(
            PodDisruptionBudget.key(namespace: "default", name: "web"), .merge, ["spec": ["minAvailable": 2]],
            subresource: nil, WriteOptions(fieldManager: "test"))
        _ = try await cluster.client.patch(
            Node.key(name: "host-1"), .merge, ["spec": ["unschedulable": true]], subresource: nil,
            WriteOptions(fieldManager: "test"))
        try await cluster.eventually("host-1 is empty and all pods are ready on host-2") {
            let pods = try await cluster.pods("web")
            let seen = pods.map { "\($0.name) on \($0.nodeName ?? "-") ready \($0.isReady) deleting \($0.isDeleting)" }
            let status = try await budget(cluster)?.status.encodedText ?? ""
            #expect(pods.filter(\.isReady).count >= 2, "\(seen) \(status)")
            for pod in pods where pod.nodeName == "host-1" && !pod.isDeleting {
                do {
                    try await cluster.client.evict(pod.key, DeleteOptions())
                } catch let error as StatusError where [.tooManyRequests, .conflict, .notFound].contains(error.reason) {
                    continue
                }
            }
            return pods.count == 3 && pods.allSatisfy { $0.nodeName == "host-2" && $0.isReady }
        }
    }

    private func garbageGoes(_ cluster: TestCluster) async throws {
        try await cluster.client.delete(Deployment.key(namespace: "default", name: "web"), DeleteOptions())
        try await cluster.eventually("the pods of the deleted deployment are gone") {
            try await cluster.pods("web").isEmpty
        }
    }

    private func nodeFallsSick(_ cluster: TestCluster) async throws {
        #expect(try await cluster.health(of: "host-1") == 200)
        let path = URL(filePath: cluster.directory + "/host-1.health.json")
        try Data("{\"sick\": true}".utf8).write(to: path)
        try await cluster.eventually("the sick node is not ready, and tainted") {
            let node = try await cluster.client.find(Node.self, name: "host-1")
            return node?.condition("Ready")?.status == .isFalse && node?.taints.isEmpty == false
        }
        #expect(try await cluster.health(of: "host-1") == 500)
        try FileManager.default.removeItem(at: path)
        try await cluster.eventually("the node is well again") {
            let node = try await cluster.client.find(Node.self, name: "host-1")
            return node?.isReady == true && node?.taints.isEmpty == true
        }
    }

    private func etcdGoesAway(_ cluster: TestCluster) async throws {
        #expect(try await cluster.status(of: "/readyz") == 200)
        cluster.stopEtcd()
        try await cluster.eventually("the server says that it is not ready") {
            try await cluster.status(of: "/readyz") == 503
        }
        #expect(try await cluster.status(of: "/livez") == 200)
        let error = await #expect(throws: StatusError.self) { try await cluster.client.get(Node.key(name: "host-1")) }
        #expect([.serviceUnavailable, .timeout].contains(error?.reason))
    }
}
