import APIMachinery
import ControlLoop
import CorbelAPI

/// Kubernetes' own controllers, its scheduler and the kubelets, as far as pods come, become ready, and go.
extension SimulatedWorld {
    static let workloadKinds = [
        Deployment.groupKind, DaemonSet.groupKind, GroupKind(APIGroup.apps, "StatefulSet"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
    ]

    /// How long the containers of a pod take to start.
    private static let startTime = Duration.seconds(3)...Duration.seconds(20)
    /// After how long on a node that is not heard of a pod is given up.
    private static let toleration = Duration.seconds(300)

    /// Whether the API server hears the kubelet of a host.
    private func kubeletIsHeard(_ host: Int) -> Bool {
        machines[host].disk.isMember && serves(host) && !isCutOffAtSite(host)
    }

    mutating func runWorkloads(at site: Int) {
        let kubelets = sites[site].hosts.map { kubeletIsHeard($0) ? machines[$0].boots : nil }
        let position = SimulatedSite.WorkloadPosition(sites[site].plane, kubelets: kubelets)
        if position == sites[site].workloadsRestAt { return }
        var areMoving = false
        for pod in sites[site].plane.snapshot.list(Pod.self) where step(pod, at: site) { areMoving = true }
        for deployment in sites[site].plane.snapshot.list(Deployment.self) { step(deployment, at: site) }
        schedule(at: site)
        for budget in sites[site].plane.snapshot.list(PodDisruptionBudget.self) { step(budget, at: site) }
        for kind in Self.workloadKinds.dropFirst() {
            for object in sites[site].plane.snapshot.list(kind) { step(object, at: site) }
        }
        let now = SimulatedSite.WorkloadPosition(sites[site].plane, kubelets: kubelets)
        sites[site].workloadsRestAt = areMoving || now != position ? nil : now
    }

    private func pods(of owner: some Resource, at site: Int) -> [Pod] {
        sites[site].plane.snapshot.list(Pod.self, namespace: owner.namespace).filter {
            $0.controllerReference?.uid == owner.uid
        }
    }

    // MARK: Kubelets

    /// Answers whether time alone will change something about the pod.
    private mutating func step(_ pod: Pod, at site: Int) -> Bool {
        guard let name = pod.nodeName else { return false }
        guard let host = index(of: name), let node = sites[site].plane.get(Node.self, name: name) else {
            sites[site].plane.finish(pod.key, now: now)
            return false
        }
        let isHeard = kubeletIsHeard(host)
        if pod.isDeleting {
            if isHeard {
                tell("\(pod.name) has left \(name)")
                sites[site].plane.finish(pod.key, now: now)
            }
            return false
        }
        guard node.isReady else {
            report(pod, isReady: false, waiting: nil, at: site)
            let isGivenUp = now - machines[host].lastBeat >= Self.toleration
            if isGivenUp { sites[site].plane.end(pod.key, now: now) }
            return !isGivenUp
        }
        guard isHeard else { return false }
        let start = sites[site].starts[pod.uid]
        if start?.host != host || start?.boot != machines[host].boots {
            let begin = SimulatedSite.ContainerStart(
                host: host, boot: machines[host].boots, at: now + chance.duration(Self.startTime))
            sites[site].starts[pod.uid] = begin
            report(pod, isReady: false, waiting: "ContainerCreating", at: site)
            return true
        }
        let image = pod.spec["containers"]?.arrayValue?.first?["image"]?.stringValue ?? ""
        if let until = missingImages[image], now < until, !pod.isReady {
            report(pod, isReady: false, waiting: "ImagePullBackOff", at: site)
            return true
        }
        let isReady = start.map { now >= $0.at } ?? false
        if isReady { report(pod, isReady: true, waiting: nil, at: site) }
        return !isReady
    }

    private mutating func report(_ pod: Pod, isReady: Bool, waiting: String?, at site: Int) {
        var reported = pod
        let containers: [JSONValue] =
            waiting.map { [["name": "main", "state": ["waiting": ["reason": .string($0)]]]] } ?? []
        reported.json["status", "phase"] = .string(waiting == nil ? "Running" : "Pending")
        reported.json["status", "containerStatuses"] = .array(containers)
        reported.set(
            Condition("Ready", .init(isReady), reason: isReady ? "PodReady" : "ContainersNotReady"), now: now)
        if reported != pod { sites[site].plane.put(reported, now: now) }
    }

    // MARK: Controllers

    /// New pods first, one more than wanted, and old ones as new ones become ready.
    private mutating func step(_ deployment: Deployment, at site: Int) {
        let own = pods(of: deployment, at: site)
        let template = String(StableHash.of((deployment.spec["template"] ?? [:]).encoded), radix: 36)
        let active = own.filter { !$0.isDeleting }
        let current = active.filter { $0.labels["pod-template-hash"] == template }
        let old = active.filter { $0.labels["pod-template-hash"] != template }
        let wanted = deployment.replicas
        let room = wanted + (old.isEmpty ? 0 : 1) - active.count
        let missing = max(0, min(room, wanted - current.count))
        for name in freeNames(missing, of: deployment, template, besides: own) {
            create(name, template, of: deployment, at: site)
        }
        let spare = active.filter(\.isReady).count - wanted
        let surplus = current.count > wanted ? Array(current.suffix(current.count - wanted)) : []
        let outdated = old.filter { !$0.isReady } + old.filter(\.isReady).prefix(max(0, spare))
        for pod in surplus + outdated { sites[site].plane.end(pod.key, now: now) }
        report(deployment, active: active, current: current, at: site)
    }

    private func freeNames(_ count: Int, of owner: Deployment, _ template: String, besides own: [Pod]) -> [String] {
        guard count > 0 else { return [] }
        let taken = Set(own.map(\.name))
        let candidates = (0..<(own.count + count)).map { "\(owner.name)-\(template.prefix(6))-\($0)" }
        return Array(candidates.filter { !taken.contains($0) }.prefix(count))
    }

    private mutating func create(_ name: String, _ template: String, of deployment: Deployment, at site: Int) {
        var pod = Pod(namespace: deployment.namespace, name: name)
        pod.labels = deployment.spec["template", "metadata", "labels"]?.stringMap ?? [:]
        pod.labels["pod-template-hash"] = template
        pod.spec = deployment.spec["template", "spec"] ?? [:]
        pod.setController(deployment)
        sites[site].plane.put(pod, now: now)
    }

    private mutating func report(_ deployment: Deployment, active: [Pod], current: [Pod], at site: Int) {
        let ready = active.filter(\.isReady).count
        let wanted = deployment.replicas
        timeline?.note(
            ready: ready, of: wanted, in: deployment.key, at: now)
        var reported = deployment
        reported.observedGeneration = deployment.generation
        let counts = [
            "replicas": active.count, "updatedReplicas": current.count, "readyReplicas": ready,
            "availableReplicas": ready,
        ]
        for (field, count) in counts { reported.json["status", field] = JSONValue(count) }
        let isAvailable = ready >= wanted - wanted / 4
        reported.set(
            Condition(
                "Available", .init(isAvailable),
                reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable"), now: now)
        if reported != deployment { sites[site].plane.put(reported, now: now) }
    }

    private mutating func schedule(at site: Int) {
        let all = sites[site].plane.snapshot.list(Pod.self)
        let waiting = all.filter { $0.nodeName == nil && !$0.isDeleting }
        guard !waiting.isEmpty else { return }
        let open = sites[site].plane.snapshot.list(Node.self).filter { $0.isReady && !$0.isUnschedulable }
        var load = Dictionary(open.map { ($0.name, 0) }, uniquingKeysWith: { $1 })
        for pod in all { if let name = pod.nodeName, load[name] != nil { load[name, default: 0] += 1 } }
        for pod in waiting {
            guard let node = open.min(by: { (load[$0.name] ?? 0, $0.name) < (load[$1.name] ?? 0, $1.name) }) else {
                return
            }
            load[node.name, default: 0] += 1
            var bound = pod
            bound.nodeName = node.name
            tell("\(pod.name) goes to \(node.name)")
            sites[site].plane.put(bound, now: now)
        }
    }

    private mutating func step(_ budget: PodDisruptionBudget, at site: Int) {
        let covered = sites[site].plane.snapshot.list(Pod.self, namespace: budget.namespace).filter(budget.covers)
        let expected = sites[site].plane.snapshot.list(Deployment.self, namespace: budget.namespace).filter {
            budget.selects($0.spec["template", "metadata", "labels"]?.stringMap ?? [:])
        }.reduce(0) { $0 + $1.replicas }
        let healthy = covered.filter { $0.isReady && !$0.isDeleting }.count
        let desired = budget.desiredHealthy(of: expected)
        var reported = budget
        reported.observedGeneration = budget.generation
        let counts = [
            "expectedPods": expected, "currentHealthy": healthy, "desiredHealthy": desired,
            "disruptionsAllowed": max(0, healthy - desired),
        ]
        for (field, count) in counts { reported.json["status", field] = JSONValue(count) }
        if reported != budget { sites[site].plane.put(reported, now: now) }
    }

    /// What is not made of pods here.
    private mutating func step(_ object: Unstructured, at site: Int) {
        var reported = object
        reported.observedGeneration = object.generation
        switch object.kind {
        case "DaemonSet":
            let nodes = sites[site].plane.snapshot.list(Node.self)
            for field in ["desiredNumberScheduled", "updatedNumberScheduled"] {
                reported.json["status", field] = JSONValue(nodes.count)
            }
            reported.json["status", "numberReady"] = JSONValue(nodes.filter(\.isReady).count)
        case "StatefulSet":
            let wanted = JSONValue(object.spec["replicas"]?.intValue ?? 1)
            for field in ["replicas", "updatedReplicas", "readyReplicas"] { reported.json["status", field] = wanted }
        default: reported.set(Condition("Established", .isTrue, reason: "Served"), now: now)
        }
        if reported != object { sites[site].plane.put(reported, now: now) }
    }
}
