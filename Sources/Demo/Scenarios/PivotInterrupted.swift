import CorbelAPI
import Effects
import ResourceClient

extension Scenario {
    static let pivotInterrupted = Scenario(
        "pivot-interrupted",
        "Either side of the pivot is killed at every step, and once the link stays away; nothing is lost or doubled."
    ) { run in
        for act in PivotAct.all {
            // The pivot is a matter of the centre and one host; the others join when it is over.
            let stage = try await run.openStage(act: act.name, hosts: 1)
            try await stage.play(act)
        }
        try await run.stage?.expectGreenCluster()
        try await run.stage?.writeSiteKubeconfig()
    }
}

/// One pivot, and what is done to it.
private struct PivotAct: Sendable {
    enum Side: Sendable { case centre, host }

    /// The steps at which somebody can be killed: after the last one there is nothing left to do.
    static let steps = ["Sealed", "Imported", "Committed", "Released"]

    static let all = [
        PivotAct(name: "centre-killed", side: .centre, steps: steps),
        PivotAct(name: "host-killed", side: .host, steps: steps),
        PivotAct(name: "link-away", side: .centre, steps: ["Sealed"], away: .seconds(3600)),
    ]

    var name: String
    var side: Side
    var steps: [String]
    /// How long the side stays away, in the cluster's time.
    var away = Duration.zero

    /// How long the side stays away by the clock.
    func absence(atSpeed speed: Int) -> Duration { away / speed }
}

extension Stage {
    fileprivate func play(_ act: PivotAct) async throws {
        try await askForCluster()
        let ledger = PivotLedger()
        let absence = act.absence(atSpeed: layout.settings.speed)
        let isThrough = try await follow(within: .seconds(300) + absence) { cluster in
            guard let step = cluster.pivotStep else { return false }
            if step == "Sealed", await !ledger.hasSealed { await ledger.seal(try await movedObjects(), cluster) }
            if act.steps.contains(step), await ledger.strikes(at: step) {
                try await interrupt(act, at: step, ledger)
                // What follows is the news of a watch that may be dead: the present state is read anew.
                throw StatusError(.serviceUnavailable, "\(act.name) at \(step)")
            }
            return step == "Deleted"
        }
        await check(
            "\(act.name): the pivot completes",
            Sighting(isThrough, try await cluster().pivotStep ?? "it has not begun"))
        let killed = await ledger.struck
        await check(
            "\(act.name): it was interrupted at every step that it is to be interrupted at",
            Sighting(killed == act.steps, killed.joined(separator: ", ")))
        guard isThrough else { throw ScenarioEnd() }
        try await expectOnePlane(act.name, ledger)
        try await expectNothingLost(act.name, ledger)
    }

    private func interrupt(_ act: PivotAct, at step: String, _ ledger: PivotLedger) async throws {
        let absence = act.absence(atSpeed: layout.settings.speed)
        switch act.side {
        case .centre:
            await killCentre()
            if absence > .zero {
                let minutes = (absence * layout.settings.speed).components.seconds / 60
                await say("for \(minutes) minutes of the cluster's time there is no link")
            }
            try await time.sleep(for: absence)
            try await startCentre()
            let found = try await cluster().pivotStep ?? "nothing"
            await say("killed at \(step), the centre finds itself at \(found)")
        case .host:
            await kill(host: 1)
            try await start(host: 1)
        }
    }

    // MARK: What must be so afterwards

    private func expectOnePlane(_ act: String, _ ledger: PivotLedger) async throws {
        let sealed = await ledger.epoch
        try await expect("\(act): both planes say that the site writes, at the epoch that was sealed") {
            let atCentre = try await cluster()
            let atSite = EdgeCluster(try await site().get(clusterKey))
            let saw = "centre: \(atCentre.planeName) at \(atCentre.epoch), site: \(atSite.planeName) at \(atSite.epoch)"
            let planes = [atCentre.planeName, atSite.planeName]
            return Sighting(
                planes == ["Site", "Site"] && atCentre.epoch == sealed && atSite.epoch == sealed,
                "\(saw); sealed: \(sealed)")
        }
        try await expect("\(act): the centre holds none of the objects any more, and the site's are not paused") {
            let left = try await movedObjects().map(\.key.description)
            let isPaused = try await site().list(Cluster.self).contains(where: \.isPaused)
            return Sighting(
                left.isEmpty && !isPaused,
                left.isEmpty ? "none at the centre, paused: \(isPaused)" : left.joined(separator: ", "))
        }
    }

    /// Every object that was sealed is at the site exactly once, with the spec that it had; those that the site has
    /// beyond them are not doubles of them.
    private func expectNothingLost(_ act: String, _ ledger: PivotLedger) async throws {
        let sealed = await ledger.sealed
        try await expect("\(act): every object that was sealed is at the site once, as it was") {
            let held = try await movedObjects(at: try await site())
            let byKey = Dictionary(grouping: held, by: \.key)
            let lost = sealed.filter { byKey[$0.key]?.count != 1 }.map { "lost: \($0.key)" }
            let changed = sealed.filter {
                byKey[$0.key]?.first?.json["spec", "hostName"] != $0.json["spec", "hostName"]
            }
            .map { "changed: \($0.key)" }
            let uids = Set(held.map(\.uid))
            let saw = lost + changed + (uids.count == held.count ? [] : ["doubled: \(held.count - uids.count) uids"])
            return Sighting(
                saw.isEmpty && !sealed.isEmpty, saw.isEmpty ? "\(sealed.count) objects" : saw.joined(separator: ", "))
        }
        try await expect("\(act): every host is one machine, and none is bootstrapped twice") {
            let machines = try await site().list(HostMachine.self)
            let hosts = machines.map(\.hostName).sorted()
            let attempts = machines.compactMap { $0.taskStatus?.id }.filter { $0.hasPrefix("bootstrap-") }
            let isOnce = attempts.allSatisfy { $0.hasSuffix("-1") }
            return Sighting(
                Set(hosts).count == hosts.count && hosts.contains(layout.hostName(1)) && isOnce,
                "\(hosts.joined(separator: ", ")); tasks: \(attempts.joined(separator: ", "))")
        }
    }
}

/// What a pivot carried when it was sealed, and where it was interrupted.
private actor PivotLedger {
    private(set) var sealed: [Unstructured] = []
    private(set) var epoch = 0
    private(set) var struck: [String] = []

    var hasSealed: Bool { !sealed.isEmpty }

    func seal(_ objects: [Unstructured], _ cluster: EdgeCluster) {
        sealed = objects
        epoch = cluster.json["status", "pivot", "epoch"]?.intValue ?? 0
    }

    /// Whether this is the first time that the pivot is seen at the step.
    func strikes(at step: String) -> Bool {
        if struck.contains(step) { return false }
        struck.append(step)
        return true
    }
}
