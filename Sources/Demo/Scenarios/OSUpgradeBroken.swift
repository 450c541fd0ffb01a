import CorbelAPI
import PKI
import ResourceClient
import SimulatedHost

extension Scenario {
    static let osUpgradeBroken = Scenario(
        "os-upgrade-broken",
        "The second host does not get healthy with the new system, and goes back: once it is to blame, once not."
    ) { run in
        try await run.openCluster(act: "host-fails", hosts: 3).playHostFailure()
        try await run.openCluster(act: "cluster-fails", hosts: 3).playClusterFailure()
        try await run.stage?.writeSiteKubeconfig()
    }
}

extension Stage {
    /// A driver is missing on one machine: it reverts, the image is marked there, and the rollout halts.
    fileprivate func playHostFailure() async throws {
        let order = try await rolloutOrder()
        let second = order[1]
        let image = DemoLayout.nextImage(sickOn: layout.hostName(second))
        let update = try await proposeUpgrade(image)
        let before = try await machineRecords()
        try await approve(update)
        try await expectUpdate(update, "the rollout halts", ends: .halted, within: .seconds(300))
        try await expectReverted(second, update, cause: .host)
        let digest = "sha256:" + SHA256Digest.hexadecimal(of: image.json.encoded)
        try await expect("the image is marked as failed on \(layout.hostName(second)), and nowhere else") {
            let marks = try await failedImages()
            return Sighting(marks == [layout.hostName(second): [digest]], "\(marks)")
        }
        try await expectExplained(update, [layout.hostName(second), "the cause lies with the host"])
        try await expectLeftAlone(order[2], since: before)
        try await expectSoundSite()
    }

    /// Both other hosts lose power while the second validates: it cannot get healthy alone, goes back, and blames
    /// nothing. When the power is back a person lets the rollout try again, and it completes.
    fileprivate func playClusterFailure() async throws {
        let second = try await rolloutOrder()[1]
        let update = try await proposeUpgrade(DemoLayout.nextImage)
        let boots = try await machineRecord(second).boots
        try await approve(update)
        try await require("\(layout.hostName(second)) boots the new system", within: .seconds(180)) {
            let record = try await machineRecord(second)
            return Sighting(record.boots == boots + 1, "\(record)")
        }
        let others = allHosts.filter { $0 != second }
        for number in others { await kill(host: number) }
        try await require("\(layout.hostName(second)) goes back by itself, with nobody to ask", within: .seconds(180)) {
            let record = try await machineRecord(second)
            return Sighting(record.boots == boots + 2 && record.slot == "A", "\(record)")
        }
        for number in others { try await start(host: number) }
        try await expectUpdate(update, "the rollout halts", ends: .halted, within: .seconds(240))
        try await expectReverted(second, update, cause: .cluster)
        try await expect("no image is marked as failed on any host") {
            let marks = try await failedImages()
            return Sighting(marks.isEmpty, "\(marks)")
        }
        try await expectExplained(update, [layout.hostName(second), "the cause lies with the cluster"])
        try await expectSoundSite()
        try await corbel(["rollout", "resume", update.name, "--no-wait"])
        await say("the rollout may try again")
        try await expectUpdate(update, "it completes when it tries again", ends: .completed, within: .seconds(300))
        try await expectOperatingSystem(DemoLayout.nextImage)
        try await expectGreenCluster()
    }

    private func proposeUpgrade(_ image: SimulatedImage) async throws -> ProposedUpdate {
        var draft = try await operatingSystemDraft(image, profileVersion: "1.1.0")
        // Ten minutes and an hour, unless said: nobody wants to watch that.
        draft.limit(["validateTimeout": "3m", "validateLimit": "6m"])
        return try await propose(draft)
    }

    // MARK: What must be so afterwards

    private func expectReverted(
        _ number: Int, _ update: ProposedUpdate, cause: HostTaskStatus.Cause
    ) async throws {
        let name = layout.hostName(number)
        try await expect("\(name) has gone back, and the cause is told as the \(cause.rawValue)'s") {
            let hosts = try await self.update(update).json["status", "hosts"]?.arrayValue ?? []
            let entry = hosts.first { $0["name"]?.stringValue == name }
            let saw = "\(entry?["phase"]?.stringValue ?? "none"), cause \(entry?["cause"]?.stringValue ?? "none")"
            return Sighting(
                entry?["phase"]?.stringValue == "Reverted" && entry?["cause"]?.stringValue == cause.rawValue, saw)
        }
        try await expect("\(name) has rejoined with what it ran before, and takes pods", within: .seconds(120)) {
            let node = try await site().get(Node.key(name: name))
            let view = Node(node)
            let image = node.json["status", "nodeInfo", "osImage"]?.stringValue ?? ""
            return Sighting(
                view.isReady && !view.isUnschedulable && image.hasSuffix(" \(DemoLayout.factoryImage.version)"),
                "ready: \(view.isReady), cordoned: \(view.isUnschedulable), \(image)")
        }
    }

    private func expectExplained(_ update: ProposedUpdate, _ words: [String]) async throws {
        try await expect("corbel explain says why") {
            let explanation = try await corbel(["explain", update.name])
            let text = (explanation["findings"]?.stringList ?? []).joined(separator: "; ")
            return Sighting(words.allSatisfy { text.contains($0) }, text)
        }
    }
}
