import CorbelAPI
import ResourceClient
import SimulatedHost

extension Scenario {
    static let centreDown = Scenario(
        "centre-down",
        "Without its centre a site heals a pod, scales, and finishes an approved upgrade; the centre catches up."
    ) { run in
        let stage = try await run.openStage(hosts: 3)
        let cluster = WantedCluster(pools: [.controlPlane([1, 2, 3])], profiles: ["infrastructure"])
        try await stage.askForCluster(cluster)
        try await stage.expectGreenCluster()
        try await stage.writeSiteKubeconfig()
        let workload = DemoWorkload(name: "till", replicas: 2, minAvailable: 1)
        try await stage.apply(workload)
        try await stage.expectPods(of: workload, 2)
        let update = try await stage.propose(
            try await stage.operatingSystemDraft(DemoLayout.nextImage, profileVersion: "1.1.0"))
        try await stage.approve(update)
        try await stage.expectHostsPrepared(update)
        let before = try await stage.machineRecords()
        await stage.killCentre()
        try await stage.expectPodHealed(of: workload)
        try await stage.expectScaled(workload, to: 4)
        try await stage.expectFinishedAtSite(update)
        try await stage.expectRebooted(Array(stage.allHosts), since: before)
        try await stage.expectAccess()
        try await stage.startCentre()
        try await stage.expectUpdate(update, "the centre learns that the update has completed", ends: .completed)
        try await stage.expectOperatingSystem(DemoLayout.nextImage)
        try await stage.expectGreenCluster()
        try await stage.expectSiteAloneWrites()
    }
}

extension Stage {
    fileprivate func expectPods(of workload: DemoWorkload, _ count: Int) async throws {
        try await expect("\(count) pods of \(workload.name) are ready", within: .seconds(90)) {
            let pods = try await readyPods(of: workload)
            return Sighting(pods.count == count, pods.map(\.name).joined(separator: ", "))
        }
    }

    /// Approved, downloaded, written: from here on the site needs nobody.
    fileprivate func expectHostsPrepared(_ update: ProposedUpdate) async throws {
        try await require("the site knows of the approval, and every host has the image", within: .seconds(90)) {
            let machines = try await site().list(HostMachine.self)
            let states = machines.map { "\($0.hostName): \($0.taskStatus?.phase.rawValue ?? "nothing")" }
            let unprepared = machines.filter { $0.task?.target?.osVersion != DemoLayout.nextImage.version }
            // What is said of the task before this one tells nothing.
            let busy = machines.filter { machine in
                guard let status = machine.taskStatus, status.id == machine.task?.id else { return true }
                return [.accepted, .downloading, .writing].contains(status.phase)
            }
            return Sighting(
                !machines.isEmpty && unprepared.isEmpty && busy.isEmpty, states.sorted().joined(separator: ", "))
        }
    }

    fileprivate func expectPodHealed(of workload: DemoWorkload) async throws {
        guard let victim = try await readyPods(of: workload).first else { return }
        try await site().delete(victim.key)
        await say("the pod \(victim.name) is killed")
        try await expect("another pod takes its place", within: .seconds(90)) {
            let pods = try await readyPods(of: workload).map(\.name)
            return Sighting(
                pods.count == workload.replicas && !pods.contains(victim.name), pods.joined(separator: ", "))
        }
    }

    fileprivate func expectScaled(_ workload: DemoWorkload, to count: Int) async throws {
        var wanted = workload
        wanted.replicas = count
        try await apply(wanted)
        try await expectPods(of: wanted, count)
    }

    fileprivate func expectFinishedAtSite(_ update: ProposedUpdate) async throws {
        try await require("the site finishes the upgrade without the centre", within: .seconds(240)) {
            let key = ClusterUpdate.key(namespace: clusterKey.namespace, name: update.name)
            let update = ClusterUpdate(try await site().get(key))
            let done = update.json["status", "updatedHosts"]?.intValue ?? 0
            return Sighting(update.phase == .completed, "\(update.phase.rawValue), \(done) hosts done")
        }
    }
}
