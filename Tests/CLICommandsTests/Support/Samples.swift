import CorbelAPI

/// Objects as a user would write them, and as reconcilers would.
enum Samples {
    /// A pack for each layer of `profile`, and the profile, as YAML documents.
    static func profile(maxPods: Int = 110, kubernetes: String = "1.33.6") -> String {
        packs(kubernetes: kubernetes) + """
            ---
            apiVersion: corbel.dev/v1alpha1
            kind: ClusterProfile
            metadata: {name: base}
            spec:
              type: infra
              version: 1.0.0
              layers:
              - {name: os, type: os, pack: {name: edge-native-byoi, version: 2.1.0}}
              - name: k8s
                type: k8s
                pack: {name: edge-k8s, version: \(kubernetes)}
                values: |
                  cluster:
                    kubeletConfiguration:
                      maxPods: \(maxPods)
              - {name: cni, type: cni, pack: {name: cni-cilium-oss, version: 1.18.4}}

            """
    }

    private static let digest = "sha256:" + String(repeating: "0", count: 64)

    private static func packs(kubernetes: String) -> String {
        """
        apiVersion: corbel.dev/v1alpha1
        kind: Pack
        metadata: {name: edge-native-byoi-2.1.0}
        spec:
          name: edge-native-byoi
          version: 2.1.0
          layer: os
          values: |
            options:
              system.uri: registry.example/edge:2.1.0@\(digest)
              system:
                uri: registry.example/edge:2.1.0@\(digest)
        ---
        apiVersion: corbel.dev/v1alpha1
        kind: Pack
        metadata: {name: edge-k8s-\(kubernetes)}
        spec: {name: edge-k8s, version: \(kubernetes), layer: k8s}
        ---
        apiVersion: corbel.dev/v1alpha1
        kind: Pack
        metadata: {name: cni-cilium-oss-1.18.4}
        spec: {name: cni-cilium-oss, version: 1.18.4, layer: cni}

        """
    }

    static let cluster = """
        apiVersion: corbel.dev/v1alpha1
        kind: EdgeCluster
        metadata: {name: site}
        spec:
          profiles: [{name: base, version: 1.0.0}]
          pools:
          - {name: control-plane, role: control-plane, hosts: [host-1]}

        """

    /// A cluster whose hosts run what the intent says.
    static func healthy(_ cluster: EdgeCluster) -> EdgeCluster {
        var cluster = cluster
        cluster.json["status"] = [
            "phase": "Running", "observedGeneration": JSONValue(cluster.generation), "hosts": 1, "readyHosts": 1,
            "health": ["level": "Green"], "plane": "Centre",
        ]
        return cluster
    }

    static func update(plan: JSONValue = ["impact": "Reboot"]) -> ClusterUpdate {
        var update = ClusterUpdate(namespace: "default", name: "site-1-2-0123456789")
        update.clusterName = "site"
        update.fromRevision = "site-1-1-aaaaaaaaaa"
        update.toRevision = "site-1-2-0123456789"
        update.plan = plan
        return update
    }
}
