import CorbelAPI

extension Scenario {
    static let singleNodeUpgrade = Scenario(
        "single-node-upgrade",
        "A cluster of one host takes a new operating system: it is down once, as was approved, and for one reboot."
    ) { run in
        let stage = try await run.openCluster(hosts: 1)
        let image = DemoLayout.nextImage
        let update = try await stage.propose(
            try await stage.operatingSystemDraft(image, profileVersion: "1.1.0"))
        try await stage.expectDowntimeToBeNamed(update)
        let before = try await stage.machineRecord(1)
        let availability = try await stage.watchingSite {
            try await stage.approve(update, downtime: true)
            try await stage.expectUpdate(update, "the update completes", ends: .completed)
            try await stage.expectGreenCluster()
        }
        try await stage.expectOneReboot(from: before)
        await stage.check(
            "the site was away once",
            Sighting(await availability.outages.count == 1, await availability.text))
        try await stage.expectOperatingSystem(image)
        try await stage.writeSiteKubeconfig()
    }
}

extension Stage {
    /// The plan says that the cluster goes down, and an approval that does not say so too is none.
    fileprivate func expectDowntimeToBeNamed(_ update: ProposedUpdate) async throws {
        let downtime = update.plan["downtime"]?.stringValue
        await check("the plan names the downtime", Sighting(downtime != nil, downtime ?? "it names none"))
        await check("the plan is a Repave", Sighting(update.impact == "Repave", update.impact))
        do {
            try await approve(update)
            await check("an approval that leaves out the downtime is refused", Sighting(false, "it was taken"))
        } catch let error as StatusError {
            await check("an approval that leaves out the downtime is refused", Sighting(true, error.message))
        }
        let record = try await machineRecord(1)
        await check(
            "nothing has moved before the approval", Sighting(record.boots == 1 && record.slot == "A", "\(record)"))
    }

    fileprivate func expectOneReboot(from before: MachineRecord) async throws {
        let after = try await machineRecord(1)
        await check(
            "the host has booted once more, from its other slot",
            Sighting(after.boots == before.boots + 1 && after.slot != before.slot, "\(before), then \(after)"))
    }
}
