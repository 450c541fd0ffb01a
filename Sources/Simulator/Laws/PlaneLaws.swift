import ControlLoop
import CorbelAPI
import Lifecycle

/// Law 5: one plane writes. After the commit of the pivot the centre leaves the objects alone but for their end, and
/// before it the site's reconcilers do.
struct OnePlaneLaw: Law {
    let name = "one plane writes"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .write(let intent, let plane, let author) = observation, author != "pivot",
            let target = intent.target, PivotBundle.movedKinds.contains(target.kind), isOfCluster(intent)
        else { return [] }
        switch plane {
        case .centre:
            guard let site = site(of: intent, in: world), world.centresCluster(site).isAtSite,
                !isHandedBack(intent, to: world.centresCluster(site))
            else { return [] }
            return ["\(author) writes \(target) at the centre"]
        case .site(let site):
            guard let cluster = world.sitesCluster(site), !cluster.isAtSite, !author.hasPrefix("agent") else {
                return []
            }
            return ["\(author) writes \(target) at the site before the commit"]
        }
    }

    /// A host that the site has let go of is the centre's.
    private func isHandedBack(_ intent: Intent, to cluster: EdgeCluster) -> Bool {
        switch intent {
        case .create(let object), .update(let object), .updateStatus(let object):
            guard object.groupKind == HostMachine.groupKind, object.label(WellKnown.clusterName) == nil else {
                return false
            }
            let handedBack = cluster.json["status", "handedBack"]?.stringList ?? []
            return handedBack.contains(HostMachine(json: object.json).hostName)
        default: return false
        }
    }

    private func site(of intent: Intent, in world: SimulatedWorld) -> Int? {
        switch intent {
        case .create(let object), .update(let object), .updateStatus(let object):
            let name = object.label(WellKnown.clusterName) ?? object.spec["clusterName"]?.stringValue ?? object.name
            return world.sites.firstIndex { $0.cluster == name }
        default: return nil
        }
    }

    /// A Secret of somebody else is nobody's business.
    private func isOfCluster(_ intent: Intent) -> Bool {
        switch intent {
        case .create(let object), .update(let object), .updateStatus(let object):
            object.groupKind != Secret.groupKind || object.label(WellKnown.clusterName) != nil
        default: false
        }
    }
}

/// Nothing disturbs a host for a revision that nobody has approved.
struct ApprovalLaw: Law {
    let name = "only what was approved"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .write(.update(let object), .site(let site), let author) = observation,
            object.groupKind == HostMachine.groupKind
        else { return [] }
        let machine = HostMachine(json: object.json)
        guard let task = machine.task, task.gate == .proceed, let target = task.target, task.type != .bootstrap else {
            return []
        }
        let update = world.sites[site].plane.snapshot.list(ClusterUpdate.self).first {
            $0.toRevision == target.revision
        }
        guard update?.isApproved != true else { return [] }
        return ["\(author) lets \(machine.hostName) go to \(target.revision), which nobody has approved"]
    }
}

/// Law 9: every wait says for what, and what would end it.
struct WaitLaw: Law {
    let name = "every wait is explained"

    func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .waits(let key, let waits) = observation else { return [] }
        return waits.filter { $0.reason.isEmpty || $0.message.isEmpty || $0.unblockedBy.isEmpty }
            .map { "\(key.reconciler) waits at \(key.key) without saying all: \($0.message)" }
    }
}
