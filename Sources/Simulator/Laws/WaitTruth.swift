import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

/// Whether the reason of a wait holds, by its word and by the object that it names.
struct WaitTruth {
    /// The words that are judged.
    static let judged: Set<String> = [
        "PendingApproval", "Paused", "Halted", "Aborting", "UpdateUnderWay", "DowntimeNotApproved",
        "HostPending", "HostPreparing", "HostApplying", "HostSettling", "WaitingForHost", "MaxUnavailable",
        "QuorumAtRisk", "MovingLeader", "EtcdMemberUnhealthy", "NoHealthyEtcdMember", "TakingSnapshot",
        "EvictionRefused", "PodTerminating", "PodEvicting", "HostJoining", "HostBooting", "BootstrapFailed",
        "HostNotReady", "NodeNotReady", "NodeMissing", "NoSpare", "RevisionMissing", "LayerNotReady",
        "PruningLayer", "WaitingForInfrastructure", "WaitingForBootstrapData", "WaitingForPivot",
        "WaitingForControlPlane", "TooManyUnhealthy", "PivotImport", "PivotRelease", "RenewingCertificates",
        "CertificateRenewalFailed",
    ]
    /// The words that no world says yet, or that say of nothing but their own plane.
    static let notJudged: Set<String> = [
        "ApplyingLayer", "DeletingCluster", "DeletingMachines", "EtcdRemovalFailed", "HostInMaintenance",
        "HostNotApproved", "HostNotRegistered", "HostNotReset", "HostResetting", "HostReturning", "MachineDeleting",
        "NoHelper", "NoHostHeard", "NoHosts",
        "PivotCommit", "PivotDigest", "PivotLost", "ProbeDisagrees", "RemovingEtcdMember", "ReplacementRefused",
        "ScaleInRefused", "ScaleRefused", "SecretMissing", "SiteLeaving", "SnapshotFailed", "UserDataInvalid",
        "UserDataMissing", "UserDataNameTaken", "VersionSkew", "VolumesAttached", "WaitingForHosts",
        "WaitingForJoinMaterial", "WaitingForTurn",
    ]

    let wait: ShownWait
    let site: Int
    let plane: PlaneID
    let world: SimulatedWorld

    init(_ wait: ShownWait, site: Int, plane: PlaneID, in world: SimulatedWorld) {
        self.wait = wait
        self.site = site
        self.plane = plane
        self.world = world
    }

    /// What is the case instead; nil where the wait is true, or nothing can be told.
    var contradiction: String? { ofUpdate ?? ofHost ?? ofPods ?? ofObjects }

    var snapshot: Snapshot { plane == .centre ? world.centre.snapshot : world.sites[site].plane.snapshot }

    // MARK: Updates and people

    private var ofUpdate: String? {
        switch wait.reason {
        case "PendingApproval": return centresUpdate?.isApproved == true ? "it is approved" : nil
        case "Paused":
            guard let update = centresUpdate else { return nil }
            return update.isPaused ? nil : "nobody holds it up"
        case "Halted":
            guard let update = update(in: snapshot), update.phase != .halted else { return nil }
            return "it is \(update.phase.rawValue)"
        case "UpdateUnderWay":
            guard let update = update(in: snapshot) else { return "there is no such update" }
            return update.isOver ? "that is \(update.phase.rawValue)" : nil
        case "DowntimeNotApproved":
            return centresUpdate?.spec["approval", "downtime"]?.boolValue == true ? "it is approved" : nil
        case "Aborting":
            let isSound = world.sites[site].hosts.allSatisfy { isWell($0) && !isInTheMidst($0) && isOpen($0) }
            return isSound ? "every host has come to an end" : nil
        default: return nil
        }
    }

    private func update(in snapshot: Snapshot) -> ClusterUpdate? {
        snapshot.list(ClusterUpdate.self).first { $0.key.description == wait.on }
    }

    /// Whether the site's leader and the centre hear each other.
    var isLinked: Bool {
        world.linkIsUp(to: site) && !(world.leader(of: site).map(world.isCutOffFromCentre) ?? true)
    }

    /// What the centre has written of the update, where news of it gets here.
    private var centresUpdate: ClusterUpdate? {
        plane == .centre || isLinked ? update(in: world.centre.snapshot) : nil
    }

    // MARK: What is true of a host

    /// The host that the wait names by its machine, its node or its Machine.
    var host: Int? {
        world.sites[site].hosts.first { host in
            let machine = world.machines[host]
            return machine.key.description == wait.on || Node.key(name: machine.name).description == wait.on
                || Machine.key(namespace: machine.key.namespace, name: machine.key.name).description == wait.on
        }
    }

    func machine(of host: Int) -> HostMachine? {
        snapshot[world.machines[host].key].map { HostMachine(json: $0.json) }
    }

    /// Whether its agent is heard in the plane that waits.
    func isHeard(_ host: Int) -> Bool {
        guard world.machines[host].agentIsUp else { return false }
        return plane == .centre
            ? world.linkIsUp(to: site) && !world.isCutOffFromCentre(host) : world.siteAnswers(host)
    }

    /// Whether it serves, and is heard to.
    func isWell(_ host: Int) -> Bool {
        isHeard(host) && world.serves(host) && world.kubeletIsWell(host) && world.machines[host].disk.isMember
            && world.kubeletIsBelieved(host)
    }

    func isOpen(_ host: Int) -> Bool {
        world.sites[site].plane.get(Node.self, name: world.machines[host].name)?.isUnschedulable == false
    }

    /// What its agent says of the task that it was given last; nil where it has not taken that yet.
    func progress(of host: Int) -> HostTaskStatus? {
        guard isHeard(host), let task = machine(of: host)?.task, let said = world.machines[host].agent.report?.task,
            said.id == task.id
        else { return nil }
        return said
    }

    /// Whether it has a task that was let go and is not through.
    func isInTheMidst(_ host: Int) -> Bool {
        guard let task = machine(of: host)?.task, task.gate == .proceed else { return false }
        return progress(of: host)?.phase.isFinal != true
    }
}

extension ClusterUpdate {
    var isOver: Bool {
        switch phase {
        case .pendingApproval, .progressing, .paused, .halted: false
        case .completed, .aborted, .superseded: true
        }
    }
}
