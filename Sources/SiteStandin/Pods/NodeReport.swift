import CorbelAPI

/// What is said of a node's health in the file beside the kubelet's configuration: that is how a demo makes a host
/// sick.
struct NodeHealth: Hashable {
    /// Why the node is not ready; `nil` for one that is well.
    var sickness: String?
    /// Of `cpu`, `memory`, `disk` and `pid` those that are short.
    var pressures: Set<String>?

    init(sickness: String? = nil, pressures: Set<String>? = nil) {
        self.sickness = sickness
        self.pressures = pressures
    }

    /// `{"sick": true, "message": "…", "pressure": ["disk"]}`; every field may be left out.
    init(json: JSONValue) {
        let isSick = json["sick"]?.boolValue ?? false
        sickness = isSick ? json["message"]?.stringValue ?? "the stand-in has been told to be sick" : nil
        pressures = json["pressure"]?.stringList.map(Set.init)
    }
}

/// The Node object of a stand-in's kubelet.
struct NodeReport {
    var configuration: KubeletConfiguration
    var health: NodeHealth
    var now: Timestamp

    private static let pressureConditions = [
        // Kubernetes knows no CPUPressure; it is the stand-in's own.
        ("cpu", "CPUPressure"), ("memory", "MemoryPressure"), ("disk", "DiskPressure"), ("pid", "PIDPressure"),
    ]

    /// The node as it registers: over one that is there, its taints and the labels of others stay.
    func registration(over present: Node?) -> Node {
        var node = present ?? Node(name: configuration.nodeName)
        let own = [
            "kubernetes.io/hostname": configuration.nodeName, "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "standin.corbel.dev/stand-in": "true",
        ]
        node.labels = node.labels.merging(own) { $1 }.merging(configuration.labels) { $1 }
        node.json["spec", "providerID"] = .string(configuration.providerID)
        if present == nil, !configuration.taints.isEmpty { node.json["spec", "taints"] = .array(configuration.taints) }
        return node
    }

    /// The node with its status of now.
    func status(of node: Node) -> Node {
        var node = node
        node.json["status", "addresses"] = [
            ["type": "InternalIP", "address": .string(configuration.address)],
            ["type": "Hostname", "address": .string(configuration.nodeName)],
        ]
        node.json["status", "capacity"] = JSONValue(configuration.capacity)
        node.json["status", "allocatable"] = JSONValue(configuration.capacity)
        node.json["status", "nodeInfo"] = [
            "kubeletVersion": .string(StandinVersion.text(configuration.kubernetesVersion)),
            "osImage": .string(configuration.osImage), "bootID": .string(configuration.bootID),
            "machineID": .string(configuration.nodeName), "containerRuntimeVersion": "standin://0.1.0",
            "kernelVersion": "stand-in", "operatingSystem": "linux", "architecture": "amd64",
        ]
        for (name, type) in Self.pressureConditions {
            let isShort = (health.pressures ?? configuration.pressures).contains(name)
            let reason = "Kubelet" + (isShort ? "Has" : "HasNo") + type
            node.set(
                Condition(type, .init(isShort), reason: reason, message: "as the stand-in has been told"), now: now)
        }
        let ready =
            health.sickness.map { Condition("Ready", .isFalse, reason: "KubeletNotReady", message: $0) }
            ?? Condition(
                "Ready", .isTrue, reason: "KubeletReady", message: "kubelet (a stand-in) is posting ready status")
        node.set(ready, now: now)
        return node
    }

    /// The lease that says that the node lives.
    func renewal(of present: Lease?, owner: Node?) -> Lease {
        var lease = present ?? Lease(namespace: NodeLifecycleReconciler.leaseNamespace, name: configuration.nodeName)
        lease.holder = configuration.nodeName
        lease.duration = NodeLifecycleReconciler.silenceLimit
        lease.renewTime = now
        if let owner, !owner.uid.isEmpty { lease.ownerReferences = [OwnerReference(to: owner, isController: false)] }
        return lease
    }
}
