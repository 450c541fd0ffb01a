import ControlLoop
import CorbelAPI

/// The next step of a control plane. One step at a time: the next is taken when every member is healthy again.
///
///     situation, first match                              step
///     the infrastructure is not provisioned               wait
///     no host has begun                                   see ``ClusterBeginning``
///     a host that was to begin, and another has           remove it: it joins later
///     the centre still runs the cluster                   wait for the pivot
///     a member has failed, a spare is free                put the spare in its place
///     a member that is to leave is dead or sick           remove it, if etcd's others are a majority of the others
///     a host that has begun is no healthy member          wait for it
///     an update is in progress                            wait for it, unless it waits for members
///     a host that is there has not begun                  admit it
///     a wanted host has no machine                        make it one, so that it can be told once it is there
///     a member is to leave                                remove it, unless quorum breaks or fewer than 3 are left
///
/// A host is told to become a member after it was admitted, and it is admitted when its agent is there and no other is
/// in the midst of it: one that is off holds nobody up, and etcd never gets two members at once. Whoever has been
/// admitted is waited for, since nobody can tell how far it is.
struct ControlPlanePlan {
    enum Step {
        case create(host: String, HostConfig.Mode)
        case admit(HostMachine)
        case replace(Machine, spare: String, membership: PoolMembership)
        case remove(Machine)
        case wait(Wait, lookAgainAfter: Duration? = nil)
        case none
    }

    private let scope: ClusterScope
    private let controlPlane: EdgeControlPlane
    private let pool: HostPool
    private let membership: PoolMembership
    private let members: [MachineView]
    private let quorum: EtcdQuorum
    private let now: Timestamp

    init(_ scope: ClusterScope, _ controlPlane: EdgeControlPlane, _ pool: HostPool, now: Timestamp) {
        self.now = now
        self.scope = scope
        self.controlPlane = controlPlane
        self.pool = pool
        membership = PoolMembership(pool, owner: controlPlane)
        members = scope.machines.filter(\.isControlPlane).map { MachineView($0, in: scope) }
        quorum = scope.quorum
    }

    var next: Step {
        guard scope.cluster?.infrastructureProvisioned == true else { return .wait(infrastructureWait) }
        if !members.contains(where: \.hasBegun) {
            return ClusterBeginning(membership, members, controlPlane, scope, now: now).next
        }
        if let candidate = members.first(where: { $0.machine.bootstrapMode == .initialize && !$0.hasBegun }) {
            return candidate.machine.isDeleting ? .none : .remove(candidate.machine)
        }
        guard scope.plane == .site else { return beforePivot }
        return remediation ?? removalOfTheSick ?? obstacle ?? updateUnderWay ?? admission ?? join ?? scaleIn ?? .none
    }

    private var wanted: Set<String> { Set(membership.hosts) }
    private var leaving: [MachineView] { members.filter { !wanted.contains($0.host) && !$0.machine.isDeleting } }

    /// The host that begins has no other beside it: one that is no longer wanted makes way before it is a member.
    private var beforePivot: Step {
        let hasMember = members.contains { $0.hostMachine?.hasBootstrapped == true }
        if !hasMember, let unwanted = leaving.first { return .remove(unwanted.machine) }
        return .wait(members.compactMap(\.obstacle).first(where: isOfHost) ?? pivotWait)
    }

    private var remediation: Step? {
        let failed = members.first { $0.machine.annotation(Annotation.remediate) != nil && wanted.contains($0.host) }
        guard let failed, !failed.machine.isDeleting else { return nil }
        guard members.count > 1, quorum.survivesRemoval(of: failed.host) else {
            return .wait(
                Wait(
                    "ReplacementRefused", quorum.refusal(of: "removing", host: failed.host), on: failed.machine.key,
                    unblockedBy:
                        "enough of the other members become healthy, or the cluster is restored from a snapshot"))
        }
        guard let spare = membership.freeSpares.first(where: { scope.machine(ofHost: $0) == nil }) else {
            return .wait(
                Wait(
                    "NoSpare", "the host \(failed.host) has failed and the pool \(pool.name) has no free spare",
                    on: failed.machine.key, unblockedBy: "the host comes back, or the pool names another spare"))
        }
        return .replace(failed.machine, spare: spare, membership: membership)
    }

    private var removalOfTheSick: Step? {
        guard let sick = leaving.first(where: { $0.machine.hostIsDead || $0.obstacle != nil }) else { return nil }
        if let refusal = sizeRefusal(of: sick) { return .wait(refusal) }
        let holdsVote = quorum.voters.contains { $0.host == sick.host }
        if holdsVote, !quorum.survivesRemoval(of: sick.host) { return .wait(quorumRefusal(of: sick)) }
        return .remove(sick.machine)
    }

    private var obstacle: Step? { members.filter(\.hasBegun).compactMap(\.obstacle).first.map { .wait($0) } }

    private var updateUnderWay: Step? {
        let present = members.filter(\.hasBegun).map(\.host).sorted()
        let hasWork = present != wanted.sorted()
        guard hasWork, let update = scope.activeUpdate, update.phase == .progressing else { return nil }
        // Fewer than three members survive no loss, so the update itself waits for more.
        if present.count < 3, wanted.count > present.count { return nil }
        return .wait(
            Wait(
                "UpdateUnderWay", "hosts join and leave between updates, not during one", on: update.key,
                unblockedBy: "the update \(update.name) completes, halts or is aborted"))
    }

    private var admission: Step? {
        membership.hosts.lazy.compactMap { host in members.first { $0.host == host } }
            .first(where: \.canBegin)?.hostMachine.map { .admit($0) }
    }

    private var join: Step? {
        let present = Set(members.map(\.host))
        return membership.hosts.first { !present.contains($0) && !scope.isHandedBack($0) }
            .map { .create(host: $0, .join) }
    }

    private var scaleIn: Step? {
        // The leader stays to the end, so that leadership moves at most once.
        let ordered = leaving.sorted { !leads($0) && leads($1) }
        guard
            let machine = ordered.first(where: { $0.machine.annotation(WellKnown.deleteMachine) != nil })
                ?? ordered.first
        else { return nil }
        if let refusal = sizeRefusal(of: machine) { return .wait(refusal) }
        guard quorum.survivesRemoval(of: machine.host) else { return .wait(quorumRefusal(of: machine)) }
        return .remove(machine.machine)
    }

    private func leads(_ view: MachineView) -> Bool {
        view.hostMachine.flatMap(EtcdMember.init(of:))?.isLeader ?? false
    }

    private func isOfHost(_ wait: Wait) -> Bool { wait.reason == "HostBooting" }

    private func sizeRefusal(of view: MachineView) -> Wait? {
        guard members.count >= 3, wanted.count < 3 else { return nil }
        return Wait(
            "ScaleInRefused",
            "removing \(view.host) would leave \(wanted.count) of \(members.count) control-plane hosts: "
                + "below 3 the cluster no longer survives the loss of a host",
            on: view.machine.key, unblockedBy: "the pool \(pool.name) names at least 3 hosts")
    }

    private func quorumRefusal(of view: MachineView) -> Wait {
        Wait(
            "QuorumAtRisk", quorum.refusal(of: "removing", host: view.host), on: view.machine.key,
            unblockedBy: "the unhealthy members become healthy")
    }

    private var infrastructureWait: Wait {
        Wait(
            "WaitingForInfrastructure", "the HostCluster is not provisioned",
            on: HostCluster.key(namespace: scope.namespace, name: scope.name),
            unblockedBy: "the HostCluster reports status.initialization.provisioned")
    }

    private var pivotWait: Wait {
        Wait(
            "WaitingForPivot", "the other hosts join when the site runs the cluster's objects",
            on: scope.edgeCluster?.key,
            unblockedBy: "the pivot commits")
    }
}
