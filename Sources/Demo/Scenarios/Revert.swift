import CorbelAPI
import ResourceClient

extension Scenario {
    static let revert = Scenario(
        "revert",
        "Back from a value that went through, and from a system that halted on the second host."
    ) { run in
        let stage = try await run.openCluster(hosts: 3)
        try await stage.goBackFromValue()
        try await stage.goBackFromHaltedUpgrade()
        try await stage.expectGreenCluster()
        try await stage.expectSoundSite()
        try await stage.writeSiteKubeconfig()
    }
}

extension Stage {
    fileprivate func goBackFromValue() async throws {
        var draft = IntentDraft("more-replicas", cluster: try await cluster())
        try draft.revise(
            try await profile("core-add-ons"), to: "1.0.1",
            replacing: [
                TextReplacement(in: "nginx-ingress", .values("{{ .corbel.var.ingressReplicas }}", with: "3"))
            ])
        let update = try await propose(draft)
        try await approve(update)
        try await expectUpdate(update, "the value goes through", ends: .completed)
        try await expectReplicas(3)
        try await goBack()
        try await expectReplicas(2)
        try await expectProfile("core-add-ons", "1.0.0")
    }

    /// The first host has gone through, the second has reverted by itself, the third has not begun: the way back
    /// touches the first alone.
    fileprivate func goBackFromHaltedUpgrade() async throws {
        let order = try await rolloutOrder()
        let image = DemoLayout.nextImage(sickOn: layout.hostName(order[1]))
        var draft = try await operatingSystemDraft(image, profileVersion: "1.1.0")
        draft.limit(["validateTimeout": "3m"])
        let update = try await propose(draft)
        try await approve(update)
        try await expectUpdate(update, "the rollout halts", ends: .halted, within: .seconds(300))
        try await expect("\(layout.hostName(order[1])) is back in the cluster", within: .seconds(120)) {
            let ready = try await site().list(Node.self).filter { $0.isReady && !$0.isUnschedulable }.map(\.name)
                .sorted()
            return Sighting(ready.count == order.count, ready.joined(separator: ", "))
        }
        let before = try await machineRecords()
        try await goBack()
        try await expectRebooted([order[0]], since: before)
        try await expectOperatingSystem(DemoLayout.factoryImage)
        try await expectProfile("infrastructure", "1.0.0")
    }

    // MARK: Steps

    /// As a person goes back: with one command that waits until it is done.
    private func goBack() async throws {
        let answer = try await corbel(
            ["rollout", "revert", DemoLayout.clusterName, "--approve", "--timeout", "5m"], timeout: .seconds(320))
        await check(
            "corbel rollout revert leads back",
            Sighting(answer["phase"]?.stringValue == "Completed", answer["phase"]?.stringValue ?? "no phase"))
    }

    private func expectReplicas(_ count: Int) async throws {
        try await expect("the ingress controller has \(count) replicas") {
            let key = Deployment.key(namespace: "ingress-nginx", name: "ingress-nginx-controller")
            let seen = try await site().get(key).json["spec", "replicas"]?.intValue
            return Sighting(seen == count, "\(seen ?? 0)")
        }
    }

    private func expectProfile(_ name: String, _ version: String) async throws {
        try await expect("the cluster's intent is \(name) \(version)") {
            let reference = try await cluster().spec["profiles"]?.arrayValue?.first { $0["name"]?.stringValue == name }
            let seen = reference?["version"]?.stringValue
            return Sighting(seen == version, seen ?? "none")
        }
    }
}
