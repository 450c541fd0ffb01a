import ControlLoop
import CorbelAPI
import Lifecycle

/// What goes wrong, and what people do.
extension SimulatedWorld {
    mutating func strike(_ fault: Fault) {
        coverage[fault.name, default: 0] += 1
        switch fault {
        case .powerCut(let name, let off):
            guard let host = index(of: name) else { return }
            cutPower(host)
            plan(.powerOn(host), in: off)
        case .centreKilled(let off): killCentre(for: off)
        case .linkCut(let duration):
            tell("the link is cut for \(duration)")
            linkIsCutUntil = max(linkIsCutUntil, now + duration)
        case .compaction:
            tell("both planes compact")
            centre.compact()
            site.compact()
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
        case .isolation(let name, let duration):
            guard let host = index(of: name) else { return }
            tell("\(machines[host].name) is cut off from everybody for \(duration)")
            machines[host].isolatedSince = now
            machines[host].isolatedUntil = now + duration
        case .fullDisk(let name, let duration):
            guard let host = index(of: name) else { return }
            tell("\(machines[host].name)'s disk is full for \(duration)")
            machines[host].diskIsFullUntil = now + duration
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
        }
    }

    /// Ends every fault, and gives every machine its power back.
    mutating func heal() {
        tell("everything heals")
        linkIsCutUntil = now
        registryIsDownUntil = now
        watchesAreSlowUntil = now
        networkIsLossyUntil = now
        watchesAreDoubledUntil = now
        centreClockOffset = .zero
        for host in machines.indices {
            machines[host].isolatedUntil = now
            machines[host].diskIsFullUntil = now
            machines[host].clockOffset = .zero
        }
        for host in machines.indices where machines[host].power == .off { plan(.powerOn(host), in: .seconds(1)) }
        if !centreIsUp { plan(.centreStarts, in: .seconds(1)) }
    }

    // MARK: People

    /// A person acts at the centre; one that does not answer is asked again a little later.
    mutating func perform(_ act: Act) {
        guard centreIsUp else { return plan(.act(act), in: .seconds(30)) }
        switch act {
        case .setVariable(let name, let value):
            tell("somebody sets \(name) to \(value)")
            centre.change(EdgeCluster.self, namespace: Self.namespace, name: Self.clusterName, now: now) {
                $0.json["spec", "variables", name] = .string(value)
            }
        case .approve(let downtime):
            guard let update = openUpdate, update.phase == .pendingApproval else { return }
            change(update, "approves") {
                $0.json["spec", "approval"] = [
                    "approved": true, "revision": .string($0.toRevision), "by": "somebody",
                    "downtime": .bool(downtime),
                ]
            }
        case .pause: change(openUpdate, "pauses") { $0.json["spec", "paused"] = true }
        case .resume: change(openUpdate, "resumes") { $0.json["spec", "paused"] = nil }
        case .abort: change(openUpdate, "aborts") { $0.json["spec", "aborted"] = true }
        case .retry:
            guard let update = openUpdate, update.phase == .halted else { return }
            let attempt = update.json["status", "attempt"]?.intValue ?? 1
            change(update, "allows another attempt of") { $0.annotations[Annotation.retry] = String(attempt + 1) }
        }
    }

    /// The update that is not over, as the centre knows it; the last one.
    var openUpdate: ClusterUpdate? {
        centre.snapshot.list(ClusterUpdate.self).last { update in
            switch update.phase {
            case .pendingApproval, .progressing, .paused, .halted: true
            case .completed, .aborted, .superseded: false
            }
        }
    }

    private mutating func change(_ update: ClusterUpdate?, _ verb: String, _ body: (inout ClusterUpdate) -> Void) {
        guard let update else { return }
        tell("somebody \(verb) \(update.name)")
        centre.change(ClusterUpdate.self, namespace: update.namespace, name: update.name, now: now, body)
    }
}
