import CorbelAPI

/// How the stand-in's kubelet runs pods: it starts no container.
struct PodSettings: Hashable {
    var nodeName: String
    /// The host's address.
    var address: String
    /// Changes with every boot: pods of another boot start anew.
    var bootID: String
    var imagePull: Duration
    /// The longest that a pod takes to end, whatever its grace period is.
    var terminationLimit: Duration
}

/// The life of one pod on its node, told by its status alone, so that a kubelet that starts anew goes on where it was.
///
///     status says                   next
///     no startTime                  Pending, ContainerCreating; the images are pulled
///     pulled                        Running, and Ready unless its behaviour forbids it
///     containers of another boot    Running anew, with one restart more
struct PodRun {
    /// The restart delays of Kubernetes: doubling from ten seconds up to five minutes.
    private static let firstRestart = 10
    private static let longestRestart = 300

    private let pod: Pod
    private let settings: PodSettings
    private let now: Timestamp

    init(_ pod: Pod, _ settings: PodSettings, now: Timestamp) {
        self.pod = pod
        self.settings = settings
        self.now = now
    }

    /// The pod with the status that it has now, and how long that holds.
    func next() -> (pod: Pod, holds: Duration?) {
        guard let started = pod.status["startTime"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) else {
            return (admitted, settings.imagePull)
        }
        let pulled = started + settings.imagePull
        if now < pulled { return (pod, pulled - now) }
        switch PodBehaviour(pod) {
        case .imagePullBackOff:
            return (waiting("ImagePullBackOff", "Back-off pulling image", phase: "Pending"), nil)
        case .crashLoop: return crashing
        case .neverReady: return (running(isReady: false), nil)
        case .normal, .slowTermination: return (running(isReady: true), nil)
        }
    }

    /// The pod as it has ended.
    func ended() -> Pod {
        var ended = pod
        ended.json["status", "phase"] = "Succeeded"
        ended.json["status", "containerStatuses"] = .array(
            containers { _, status in
                status["ready"] = false
                status["started"] = false
                status["state"] = [
                    "terminated": ["exitCode": 0, "reason": "Completed", "finishedAt": .string(now.rfc3339)]
                ]
            })
        setReady(&ended, false, reason: "PodCompleted")
        return ended
    }

    // MARK: States

    private var admitted: Pod {
        var admitted = waiting("ContainerCreating", "", phase: "Pending")
        admitted.json["status", "startTime"] = .string(now.rfc3339)
        admitted.json["status", "hostIP"] = .string(settings.address)
        admitted.json["status", "hostIPs"] = [["ip": .string(settings.address)]]
        admitted.json["status", "podIP"] = .string(address)
        admitted.json["status", "podIPs"] = [["ip": .string(address)]]
        admitted.json["status", "qosClass"] = "BestEffort"
        admitted.set(Condition("PodScheduled", .isTrue, reason: "Scheduled"), now: now)
        admitted.set(Condition("Initialized", .isTrue, reason: "Initialized"), now: now)
        return admitted
    }

    private func running(isReady: Bool) -> Pod {
        var running = pod
        running.json["status", "phase"] = "Running"
        running.json["status", "containerStatuses"] = .array(
            containers { name, status in
                let identity = JSONValue.string("standin://\(settings.bootID)/\(pod.uid)/\(name)")
                let isRunning = status["state", "running"] != nil
                if isRunning, status["containerID"] != identity { restart(&status) }
                if !isRunning || status["containerID"] != identity {
                    status["state"] = ["running": ["startedAt": .string(now.rfc3339)]]
                }
                status["containerID"] = identity
                status["ready"] = .bool(isReady)
                status["started"] = true
            })
        setReady(&running, isReady, reason: isReady ? "ContainersReady" : "ContainersNotReady")
        return running
    }

    /// A container that fails at once rests longer after every failure.
    private var crashing: (Pod, Duration?) {
        let first = pod.status["containerStatuses"]?.arrayValue?.first
        let restarts = first?["restartCount"]?.intValue ?? 0
        let failed = first?["lastState", "terminated", "finishedAt"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        let rest = Duration.seconds(min(Self.firstRestart << min(restarts, 8), Self.longestRestart))
        if let failed, now < failed + rest { return (pod, failed + rest - now) }
        var crashed = waiting("CrashLoopBackOff", "back-off restarting failed container", phase: "Running")
        crashed.json["status", "containerStatuses"] = .array(
            (crashed.status["containerStatuses"]?.arrayValue ?? []).map { container in
                var container = container
                if failed != nil { restart(&container) }
                container["lastState"] = [
                    "terminated": ["exitCode": 1, "reason": "Error", "finishedAt": .string(now.rfc3339)]
                ]
                return container
            })
        return (crashed, rest)
    }

    private func waiting(_ reason: String, _ message: String, phase: String) -> Pod {
        var waiting = pod
        waiting.json["status", "phase"] = .string(phase)
        waiting.json["status", "containerStatuses"] = .array(
            containers { _, status in
                status["ready"] = false
                status["started"] = false
                status["state"] = ["waiting": ["reason": .string(reason)]]
                if !message.isEmpty { status["state", "waiting", "message"] = .string(message) }
            })
        setReady(&waiting, false, reason: "ContainersNotReady")
        return waiting
    }

    // MARK: Parts

    /// The statuses of the containers, each changed from what it was.
    private func containers(_ change: (String, inout JSONValue) -> Void) -> [JSONValue] {
        let before = pod.status["containerStatuses"]?.arrayValue ?? []
        return (pod.spec["containers"]?.arrayValue ?? []).map { container in
            let name = container["name"]?.stringValue ?? ""
            let image = container["image"] ?? ""
            var status =
                before.first { $0["name"]?.stringValue == name }
                ?? ["name": .string(name), "restartCount": 0, "imageID": "", "lastState": [:]]
            status["image"] = image
            change(name, &status)
            return status
        }
    }

    private func restart(_ status: inout JSONValue) {
        status["restartCount"] = JSONValue((status["restartCount"]?.intValue ?? 0) + 1)
    }

    private func setReady(_ pod: inout Pod, _ isReady: Bool, reason: String) {
        pod.set(Condition("ContainersReady", .init(isReady), reason: reason), now: now)
        pod.set(Condition("Ready", .init(isReady), reason: reason), now: now)
    }

    /// An address of the pod network that is the pod's as long as it lives; nothing listens there.
    private var address: String {
        if pod.spec["hostNetwork"]?.boolValue == true { return settings.address }
        let hash = StableHash.of(pod.uid.utf8)
        return "10.244.\(hash >> 8 & 255).\(hash % 254 + 1)"
    }
}
