import ControlLoop
import CorbelAPI
import Revisions

/// What the centre says of an EdgeCluster. The plane that runs the cluster writes other fields of the same status:
/// health, members, versions, and its own waits.
struct EdgeClusterStatus {
    static let author = "centre"

    private var cluster: EdgeCluster
    private let scope: ClusterScope
    private(set) var waits: [Wait] = []

    init(_ cluster: EdgeCluster, in snapshot: Snapshot) {
        self.cluster = cluster
        scope = ClusterScope(snapshot, namespace: cluster.namespace, name: cluster.name)
        if let wait = PivotStatus(of: cluster)?.wait(on: cluster) { waits.append(wait) }
    }

    mutating func pause(now: Timestamp) {
        set("Paused", .isTrue, "Paused", "reconciliation rests: spec.paused is true", now)
        waits.append(
            Wait("Paused", "reconciliation rests", on: cluster.key, unblockedBy: "somebody sets spec.paused to false"))
    }

    mutating func unpause(now: Timestamp) { set("Paused", .isFalse, "NotPaused", "", now) }

    mutating func note(specProblems problems: [FieldError], now: Timestamp) {
        guard !problems.isEmpty else { return set("SpecValid", .isTrue, "Valid", "", now) }
        refuse("SpecValid", "InvalidSpec", problems.map(\.description), now)
    }

    mutating func note(_ claims: HostClaims, now: Timestamp) {
        waits += claims.waits
        cluster.json["status", "pools"] = claims.accepted(cluster.pools, spec: cluster.spec)
        if !claims.problems.isEmpty {
            refuse("HostsClaimed", "HostUnavailable", claims.problems.map(\.description), now)
        } else if let wait = claims.waits.first {
            let message = claims.waits.map(\.message).joined(separator: "; ")
            set("HostsClaimed", .isFalse, wait.reason, message, now)
        } else {
            set("HostsClaimed", .isTrue, "Claimed", "", now)
        }
    }

    mutating func note(profileProblems problems: [ProfileProblem], now: Timestamp) {
        refuse("ProfilesResolved", problems.first?.reason.rawValue ?? "Invalid", problems.map(\.description), now)
    }

    mutating func note(_ userData: UserDataDocument, now: Timestamp) {
        if let obstacle = userData.obstacle {
            set("UserDataValid", .isFalse, obstacle.reason, obstacle.message, now)
            waits.append(obstacle)
        } else if userData.isAskedFor {
            set("UserDataValid", .isTrue, "Valid", "", now)
        } else if cluster.condition("UserDataValid") != nil {
            set("UserDataValid", .isTrue, "NotAskedFor", "", now)
        }
    }

    mutating func note(warnings: [ProfileWarning], now: Timestamp) {
        let reason = warnings.isEmpty ? "Resolved" : "ResolvedWithWarnings"
        set("ProfilesResolved", .isTrue, reason, warnings.map(\.message).joined(separator: "; "), now)
    }

    mutating func takeBack(_ hosts: HandedBackHosts, _ decision: inout Decision) {
        waits += hosts.takeBack(into: &cluster, &decision)
    }

    mutating func note(latest: ClusterRevision) { cluster.latestRevision = latest.name }

    mutating func wait(_ wait: Wait) { waits.append(wait) }

    /// The status with everything that was noted in it.
    func written(now: Timestamp) -> EdgeCluster {
        var written = cluster
        written.phase = phase
        SiteReachability(of: cluster, in: scope.snapshot).judge(&written)
        written.epoch = cluster.epoch
        written.plane = cluster.plane
        written.json["status", "authority"] = cluster.json["status", "authority"] ?? "Centre"
        written.observedGeneration = cluster.generation
        written.setWaits(waits, by: Self.author, now: now)
        return written
    }

    private var phase: EdgeCluster.Phase {
        guard scope.cluster != nil || cluster.plane == .site else { return .pending }
        if PivotStatus(of: cluster)?.isUnderWay == true { return .pivoting }
        if scope.activeUpdate != nil { return .updating }
        // A cluster that has run stays Running when a host is lost: health says so, and no host is provisioned anew.
        if cluster.phase == .running || cluster.phase == .updating { return .running }
        let hosts = cluster.scaled(cluster.acceptedPools).reduce(0) { $0 + $1.activeHosts.count }
        let ready = cluster.json["status", "readyHosts"]?.intValue ?? 0
        return cluster.plane == .site && hosts > 0 && ready >= hosts ? .running : .provisioning
    }

    private mutating func refuse(_ type: String, _ reason: String, _ problems: [String], _ now: Timestamp) {
        let message = problems.joined(separator: "; ")
        set(type, .isFalse, reason, message, now)
        waits.append(
            Wait(reason, message, on: cluster.key, unblockedBy: "somebody corrects what the message names"))
    }

    private mutating func set(
        _ type: String, _ status: Condition.Status, _ reason: String, _ message: String, _ now: Timestamp
    ) {
        cluster.set(
            Condition(type, status, reason: reason, message: message, observedGeneration: cluster.generation), now: now)
    }
}
