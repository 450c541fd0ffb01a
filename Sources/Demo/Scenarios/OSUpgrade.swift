import CorbelAPI

extension Scenario {
    static let osUpgrade = Scenario(
        "os-upgrade",
        "A cluster of three hosts takes a new operating system, one host after the other, and stays up."
    ) { run in
        let stage = try await run.openCluster(hosts: 3)
        let image = DemoLayout.nextImage
        let update = try await stage.propose(try await stage.operatingSystemDraft(image, profileVersion: "1.1.0"))
        await stage.check(
            "the plan is a Repave of every host, and names no downtime",
            Sighting(
                update.impact == "Repave" && update.hosts.count == 3 && update.plan["downtime"] == nil,
                "\(update.impact) of \(update.hosts.joined(separator: ", "))"))
        let before = try await stage.machineRecords()
        let watch = try await stage.watchingRollout {
            try await stage.approve(update)
            try await stage.expectUpdate(update, "the update completes", ends: .completed)
        }
        try await stage.expectOneAfterTheOther(watch)
        try await stage.expectRebooted(stage.allHosts.map(\.self), since: before)
        try await stage.expectGreenCluster()
        try await stage.expectSoundSite()
        try await stage.expectOperatingSystem(image)
        try await stage.writeSiteKubeconfig()
    }
}
