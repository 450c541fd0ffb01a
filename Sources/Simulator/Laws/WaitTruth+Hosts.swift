import APIMachinery
import ControlLoop
import CorbelAPI
import HostPlan
import Lifecycle

// What is said of a host, of etcd, of pods and of what else stands in a plane.
extension WaitTruth {
    var ofHost: String? {
        guard let host else { return ofAllHosts }
        let name = world.machines[host].name
        switch wait.reason {
        case "HostPending", "HostApplying", "TakingSnapshot":
            return progress(of: host)?.phase.isFinal == true ? "\(name) is through with its task" : nil
        case "HostPreparing":
            guard let phase = progress(of: host)?.phase, phase == .prepared || phase.isFinal else { return nil }
            return "\(name) is at \(phase.rawValue)"
        case "RenewingCertificates":
            let isAsked = machine(of: host)?.task?.type == .renewCertificates
            return isAsked && progress(of: host)?.phase.isFinal == true ? "\(name) is through with it" : nil
        case "CertificateRenewalFailed":
            guard isHeard(host), let look = world.certificates(of: host) else { return nil }
            return look.remaining > .seconds(86_400) ? "\(name) has renewed them" : nil
        case "HostSettling": return isWell(host) && isOpen(host) ? "\(name) is well and open" : nil
        case "WaitingForHost":
            let isThrough = progress(of: host)?.phase == .done && isWell(host) && isOpen(host)
            return isThrough ? "\(name) is through, well and open" : nil
        case "MaxUnavailable":
            return isWell(host) && isOpen(host) && !isInTheMidst(host) ? "\(name) is there" : nil
        case "MovingLeader":
            let isOver = progress(of: host)?.phase.isFinal == true && world.sites[site].etcd.leader != host
            return isOver ? "\(name) does not lead etcd" : nil
        case "EtcdMemberUnhealthy", "QuorumAtRisk": return ofEtcd(host)
        case "HostJoining", "HostBooting", "BootstrapFailed":
            return isMember(host) && isHeard(host) ? "\(name) is a member" : nil
        case "HostNotReady":
            let hasTaken = world.machines[host].agent.seenPlane == plane && world.machines[host].agent.seen != nil
            return hasTaken && isHeard(host) ? "\(name)'s agent has it" : nil
        case "NodeNotReady", "NoSpare": return isWell(host) ? "\(name) is well" : nil
        case "NodeMissing":
            guard plane != .centre || isLinked else { return nil }
            return world.sites[site].plane.get(Node.self, name: name) == nil ? nil : "the node \(name) is there"
        case "WaitingForBootstrapData":
            let machine: Machine? = snapshot.list(Machine.self).first { $0.key.description == wait.on }
            return machine?.dataSecretName == nil ? nil : "its Secret is there"
        default: return nil
        }
    }

    /// Whether its agent says that it is a member: one whose journal cannot be written says nothing new.
    private func isMember(_ host: Int) -> Bool {
        world.machines[host].agent.report?.running?.kubernetesVersion.isEmpty == false
    }

    private func ofEtcd(_ host: Int) -> String? {
        let members = world.sites[site].etcd.members
        if wait.reason == "EtcdMemberUnhealthy" {
            return world.memberLives(host) && isHeard(host) ? "that member lives" : nil
        }
        let areWell = members.count >= 3 && members.allSatisfy { world.memberLives($0) && isHeard($0) }
        return areWell ? "all \(members.count) members live" : nil
    }

    private var ofAllHosts: String? {
        let hosts = world.sites[site].hosts
        switch wait.reason {
        case "NoHealthyEtcdMember":
            let lives = world.sites[site].etcd.members.contains { world.memberLives($0) && isHeard($0) }
            return lives ? "a member lives" : nil
        case "TooManyUnhealthy": return hosts.allSatisfy(isWell) ? "every host is well" : nil
        case "WaitingForControlPlane":
            if plane == .centre { return world.centresCluster(site).isAtSite ? "the pivot is through" : nil }
            let named = world.centresCluster(site).controlPlanePool?.hosts ?? []
            let areReady = hosts.filter { named.contains(world.machines[$0].name) }
                .allSatisfy { isWell($0) && isMember($0) }
            return areReady ? "every host of the control plane is well" : nil
        default: return nil
        }
    }

    // MARK: Pods and what else stands in a plane

    var ofPods: String? {
        let words: Set = ["EvictionRefused", "PodTerminating", "PodEvicting"]
        guard words.contains(wait.reason) else { return nil }
        guard let pod = snapshot.list(Pod.self).first(where: { $0.key.description == wait.on }) else {
            return "that pod is gone"
        }
        switch wait.reason {
        case "PodTerminating": return pod.isDeleting ? nil : "nobody has ended it"
        case "PodEvicting": return pod.isDeleting ? "it is ending" : nil
        default:
            let budgets = snapshot.list(PodDisruptionBudget.self).filter { $0.covers(pod) }
            let isFree =
                budgets.count <= 1
                && budgets.allSatisfy { ($0.json["status", "disruptionsAllowed"]?.intValue ?? 0) > 0 }
            return isFree ? "no budget refuses it" : nil
        }
    }

    var ofObjects: String? {
        switch wait.reason {
        case "RevisionMissing":
            guard let update = snapshot.list(ClusterUpdate.self).first(where: { $0.key.description == wait.on }) else {
                return nil
            }
            return snapshot.list(ClusterRevision.self).contains { $0.name == update.toRevision } ? "it is here" : nil
        case "LayerNotReady":
            let deployment = snapshot.list(Deployment.self).first { $0.key.description == wait.on }
            return deployment.map(isReady) == true ? "its pods are ready" : nil
        case "PruningLayer": return nil
        case "WaitingForInfrastructure":
            let cluster = snapshot.list(Cluster.self).first { $0.name == world.sites[site].cluster }
            return cluster?.infrastructureProvisioned == true ? "it is provisioned" : nil
        case "WaitingForPivot", "PivotImport":
            return world.centresCluster(site).isAtSite ? "the pivot is through" : nil
        case "PivotRelease":
            let status = PivotStatus(of: world.centresCluster(site))
            return status?.isReleasedAtSite == true ? "the site has unpaused them" : nil
        default: return nil
        }
    }

    private func isReady(_ deployment: Deployment) -> Bool {
        let status = deployment.json["status"]
        return status?["readyReplicas"]?.intValue == deployment.replicas
            && status?["updatedReplicas"]?.intValue ?? deployment.replicas == deployment.replicas
            && status?["observedGeneration"]?.intValue ?? deployment.generation == deployment.generation
    }
}
