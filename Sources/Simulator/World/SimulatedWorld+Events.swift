import ControlLoop
import CorbelAPI
import Lifecycle

/// What goes wrong, and what people do.
extension SimulatedWorld {
    mutating func strike(_ fault: Fault) {
        coverage.note(fault.name, during: phase(of: site(of: fault)))
        switch fault {
        case .powerCut(let name, let off):
            guard let host = index(of: name) else { return }
            cutPower(host)
            plan(.powerOn(host), in: off)
        case .centreKilled(let off): killCentre(for: off)
        case .linkCut(let duration, let cluster):
            tell("the link\(cluster.map { " to \($0)" } ?? "") is cut for \(duration)")
            for site in sites.indices where cluster == nil || cluster == sites[site].cluster {
                sites[site].linkIsCutUntil = max(sites[site].linkIsCutUntil, now + duration)
            }
        case .rareLinks(let period, let duration):
            tell("links are up for two minutes of every \(period) for \(duration)")
            for site in sites.indices {
                sites[site].linkPeriod = period
                sites[site].linkIsRareUntil = now + duration
            }
        case .compaction:
            tell("both planes compact")
            centre.compact()
            for site in sites.indices { sites[site].plane.compact() }
        case .slowWatches(let delay, let duration):
            tell("watches are \(delay) late for \(duration)")
            watchDelay = delay
            watchesAreSlowUntil = now + duration
        case .lossyNetwork(let percent, let duration):
            tell("\(percent) % of all requests are lost for \(duration)")
            lossPercent = percent
            networkIsLossyUntil = now + duration
        case .registryDown(let duration):
            tell("the registry is down for \(duration)")
            registryIsDownUntil = max(registryIsDownUntil, now + duration)
        case .isolation(let name, let neighbour, let duration): isolate(name, from: neighbour, for: duration)
        case .fullDisk(let name, let duration):
            guard let host = index(of: name) else { return }
            tell("\(machines[host].name)'s disk is full for \(duration)")
            machines[host].diskIsFullUntil = now + duration
        case .slowDisk(let name, let factor, let duration):
            guard let host = index(of: name) else { return }
            tell("\(name)'s disk takes \(factor) times as long for \(duration)")
            machines[host].diskSlowness = factor
            machines[host].diskIsSlowUntil = now + duration
        case .bitRot(let name, let part):
            guard let host = index(of: name) else { return }
            tell("a bit rots on \(name): \(part.rawValue)")
            let choice = Int(chance.next() % (1 << 30))
            machines[host].disk.rot(part, inUse: machines[host].bootedSlot, choice: choice)
        case .clockStep(let name, let step):
            tell("the clock of \(name ?? "the centre") steps by \(step)")
            guard let name else {
                centreClockOffset += step
                return
            }
            if let host = index(of: name) { machines[host].clockOffset += step }
        case .doubledWatches(let duration):
            tell("watches say everything twice for \(duration)")
            watchesAreDoubledUntil = now + duration
        case .missingImage(let image, let duration):
            tell("the workload image \(image) cannot be pulled for \(duration)")
            missingImages[image] = now + duration
        case .shortCertificates(let name, let duration):
            if let host = index(of: name) { shortenCertificates(of: host, to: duration) }
        case .failingStep(let step, let name, let failing):
            guard let host = index(of: name) else { return }
            tell("\(step.rawValue) fails on \(name) \(failing)")
            machines[host].failing[step] = FailingNow(failing, from: now)
        }
    }

    private mutating func isolate(_ name: String, from neighbour: Neighbour?, for duration: Duration) {
        guard let host = index(of: name) else { return }
        tell("\(name) is cut off from \(neighbour.map { "the \($0.rawValue)" } ?? "everybody") for \(duration)")
        machines[host].cutOffSince = now
        if neighbour != .site { machines[host].cutOffFromCentreUntil = now + duration }
        if neighbour != .centre { machines[host].cutOffFromSiteUntil = now + duration }
    }

    /// Ends every fault, and gives every machine its power back.
    mutating func heal() {
        tell("everything heals")
        for site in sites.indices {
            sites[site].linkIsCutUntil = now
            sites[site].linkIsRareUntil = now
        }
        registryIsDownUntil = now
        watchesAreSlowUntil = now
        networkIsLossyUntil = now
        watchesAreDoubledUntil = now
        missingImages = [:]
        centreClockOffset = .zero
        for host in machines.indices {
            machines[host].cutOffFromSiteUntil = now
            machines[host].cutOffFromCentreUntil = now
            machines[host].diskIsFullUntil = now
            machines[host].diskIsSlowUntil = now
            machines[host].clockOffset = .zero
            machines[host].failing = [:]
        }
        for host in machines.indices where machines[host].power == .off { plan(.powerOn(host), in: .seconds(1)) }
        if !centreIsUp { plan(.centreStarts, in: .seconds(1)) }
    }

    // MARK: What a fault meets

    private func site(of fault: Fault) -> Int {
        switch fault {
        case .powerCut(let name, _), .isolation(let name, _, _), .fullDisk(let name, _), .slowDisk(let name, _, _),
            .bitRot(let name, _), .failingStep(_, let name, _), .shortCertificates(let name, _):
            index(of: name).map { machines[$0].site } ?? 0
        case .clockStep(let name, _): name.flatMap(index).map { machines[$0].site } ?? 0
        case .linkCut(_, let cluster): sites.firstIndex { $0.cluster == cluster } ?? 0
        case .centreKilled, .rareLinks, .compaction, .slowWatches, .lossyNetwork, .registryDown, .doubledWatches,
            .missingImage:
            0
        }
    }

    /// What a cluster is doing, in the words of ``Coverage/phases``.
    func phase(of site: Int) -> String {
        let cluster = centresCluster(site)
        switch cluster.phase {
        case .pivoting: return "pivot"
        case .deleting: return "deleting"
        case .pending: return "coming up"
        case .provisioning: return sites[site].plane.snapshot.list(Machine.self).isEmpty ? "coming up" : "joining"
        case .running, .updating: break
        }
        let updates = sites[site].plane.snapshot.list(ClusterUpdate.self)
        switch updates.first(where: { !$0.isOver })?.phase {
        case .pendingApproval: return "approval"
        case .progressing: return "rollout"
        case .paused: return "paused"
        case .halted: return "halted"
        default: return isScaling(site) ? "scaling" : "at rest"
        }
    }

    /// Whether hosts are on their way into a cluster that runs, or out of it.
    private func isScaling(_ site: Int) -> Bool {
        sites[site].plane.snapshot.list(HostMachine.self).contains {
            $0.isDeleting || ($0.running?.kubernetesVersion ?? "").isEmpty
        }
    }

    // MARK: People

    /// A person acts at the centre; one that does not answer is asked again a little later.
    mutating func perform(_ act: Act, on cluster: String?) {
        guard centreIsUp else { return plan(.act(act, cluster: cluster), in: .seconds(30)) }
        guard let site = cluster.map({ name in sites.firstIndex { $0.cluster == name } }) ?? 0 else { return }
        switch act {
        case .setVariable(let name, let value):
            tell("somebody sets \(name) of \(sites[site].cluster) to \(value)")
            centre.change(EdgeCluster.self, namespace: Self.namespace, name: sites[site].cluster, now: now) {
                $0.json["spec", "variables", name] = .string(value)
            }
            acknowledge(EdgeCluster.key(namespace: Self.namespace, name: sites[site].cluster), on: .centre)
        case .approve(let downtime):
            guard let update = openUpdate(of: site),
                update.phase == .pendingApproval || downtime && update.awaitsDowntime
            else { return }
            change(update, downtime ? "approves, downtime and all," : "approves") {
                $0.json["spec", "approval"] = [
                    "approved": true, "revision": .string($0.toRevision), "by": "somebody",
                    "downtime": .bool(downtime),
                ]
            }
        case .pause: change(openUpdate(of: site), "pauses") { $0.json["spec", "paused"] = true }
        case .resume: change(openUpdate(of: site), "resumes") { $0.json["spec", "paused"] = nil }
        case .abort: change(openUpdate(of: site), "aborts") { $0.json["spec", "aborted"] = true }
        case .retry:
            guard let update = openUpdate(of: site), update.phase == .halted else { return }
            let attempt = update.json["status", "attempt"]?.intValue ?? 1
            change(update, "allows another attempt of") { $0.annotations[Annotation.retry] = String(attempt + 1) }
        case .add, .remove, .replace, .delete, .make: reshape(act, at: site)
        case .run, .spare, .meddle, .scale, .cordon, .uncordon: perform(act, at: site)
        }
    }

    /// The update of a cluster that is not over, as the centre knows it; the last one.
    func openUpdate(of site: Int) -> ClusterUpdate? {
        centre.snapshot.list(ClusterUpdate.self).last { $0.clusterName == sites[site].cluster && !$0.isOver }
    }

    private mutating func change(_ update: ClusterUpdate?, _ verb: String, _ body: (inout ClusterUpdate) -> Void) {
        guard let update else { return }
        tell("somebody \(verb) \(update.name)")
        centre.change(ClusterUpdate.self, namespace: update.namespace, name: update.name, now: now, body)
        acknowledge(update.key, on: .centre)
    }

    /// A person has the answer that something is written.
    mutating func acknowledge(_ key: ObjectKey, on plane: PlaneID) {
        if let stored = self[plane].snapshot[key] { observe(.acknowledged(stored, plane)) }
    }
}

extension ClusterUpdate {
    /// Whether it takes its cluster down, and nobody has approved that yet.
    var awaitsDowntime: Bool {
        !isOver && plan["downtime"] != nil && spec["approval", "downtime"]?.boolValue != true
    }
}
