public import ControlLoop
public import CorbelAPI

/// Finds machines whose node has been gone for too long and marks them; the owner of a marked machine replaces it by
/// a spare.
///
/// When more than half of the machines that it checks look dead, it marks none: then it is more likely that this
/// leader is the one that is cut off.
public struct MachineHealthCheckReconciler: Reconciler {
    public let name = "machine-health-check"
    public var primary: GroupKind { MachineHealthCheck.groupKind }

    public init() {}

    public var watches: [WatchedKind] {
        let own = [Cluster.groupKind, Machine.groupKind, HostMachine.groupKind, EdgeCluster.groupKind]
            .map { Watching.cluster(of: $0, wakes: MachineHealthCheck.groupKind) }
        return own + [Watching.everything(of: Node.groupKind, wakes: MachineHealthCheck.groupKind)]
    }

    public func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard
            let check: MachineHealthCheck = snapshot.get(
                MachineHealthCheck.self, namespace: key.namespace, name: key.name),
            !check.isDeleting
        else { return .done }
        let scope = ClusterScope(snapshot, of: check)
        guard !scope.isPaused(check), scope.plane == .site else { return .done }
        var decision = Decision()
        let selector = PodSelector(check.spec["selector"])
        let targets = scope.machines.filter { selector.matches($0.labels) && !$0.isDeleting }
        let verdicts = targets.map { NodeVerdict($0, check, scope, now) }
        let failed = verdicts.filter(\.hasFailed)
        let isAllowed = failed.count * 2 <= targets.count || targets.count == 1
        for verdict in verdicts { mark(verdict, isAllowed: isAllowed, scope, &decision) }
        for delay in verdicts.compactMap(\.lookAgainAfter) { decision.lookAgain(after: delay) }
        if !isAllowed { decision.wait(tooMany(check, failed)) }
        var status = check
        write(verdicts, isAllowed: isAllowed, into: &status, now: now)
        decision.updateStatus(status, from: check)
        return decision.outcome
    }

    private func mark(_ verdict: NodeVerdict, isAllowed: Bool, _ scope: ClusterScope, _ decision: inout Decision) {
        var machine = verdict.machine
        if verdict.hasFailed, isAllowed {
            machine.annotations[Annotation.remediate] = ""
        } else if !verdict.hasFailed, !machine.hostIsDead {
            machine.annotations[Annotation.remediate] = nil
        }
        decision.update(machine, from: verdict.machine)
    }

    private func tooMany(_ check: MachineHealthCheck, _ failed: [NodeVerdict]) -> Wait {
        let names = failed.map(\.machine.hostName).joined(separator: ", ")
        return Wait(
            "TooManyUnhealthy", "more than half of the hosts look dead (\(names)): none is replaced", on: check.key,
            unblockedBy: "enough of them come back, or somebody replaces them by hand")
    }

    private func write(
        _ verdicts: [NodeVerdict], isAllowed: Bool, into check: inout MachineHealthCheck, now: Timestamp
    ) {
        let failed = verdicts.filter(\.hasFailed).count
        check.json["status", "expectedMachines"] = JSONValue(verdicts.count)
        check.json["status", "currentHealthy"] = JSONValue(verdicts.count - failed)
        check.json["status", "remediationsAllowed"] = JSONValue(isAllowed ? max(0, verdicts.count / 2 - failed) : 0)
        check.json["status", "targets"] = JSONValue(verdicts.map(\.machine.name))
        check.json["status", "observedGeneration"] = JSONValue(check.generation)
        check.set(
            Condition(
                "RemediationAllowed", .init(isAllowed), reason: isAllowed ? "RemediationAllowed" : "TooManyUnhealthy"),
            now: now)
    }
}

/// Whether a machine's node has been unwell for longer than its health check allows.
struct NodeVerdict {
    let machine: Machine
    let hasFailed: Bool
    /// When a node that is unwell now would have failed.
    let lookAgainAfter: Duration?

    init(_ machine: Machine, _ check: MachineHealthCheck, _ scope: ClusterScope, _ now: Timestamp) {
        self.machine = machine
        guard let node = scope.node(ofHost: machine.hostName) else {
            let limit = Duration.seconds(check.spec["checks", "nodeStartupTimeoutSeconds"]?.intValue ?? 1200)
            (hasFailed, lookAgainAfter) = Self.judge(since: machine.creationTimestamp, limit: limit, now: now)
            return
        }
        let rules = check.spec["checks", "unhealthyNodeConditions"]?.arrayValue ?? []
        let verdicts = rules.compactMap { rule -> (Bool, Duration?)? in
            let condition = node.condition(rule["type"]?.stringValue ?? "")
            guard let condition, condition.status.rawValue == rule["status"]?.stringValue else { return nil }
            let limit = Duration.seconds(rule["timeoutSeconds"]?.intValue ?? 300)
            return Self.judge(since: condition.lastTransitionTime, limit: limit, now: now)
        }
        hasFailed = verdicts.contains(where: \.0)
        lookAgainAfter = verdicts.compactMap(\.1).min()
    }

    private static func judge(since: Timestamp?, limit: Duration, now: Timestamp) -> (Bool, Duration?) {
        guard let since else { return (false, nil) }
        let age = now - since
        return age >= limit ? (true, nil) : (false, limit - age)
    }
}
