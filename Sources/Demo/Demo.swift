import CorbelAPI
import Effects
import EffectsLinux
import KubeClient
import PKI
import ResourceClient
import SimulatedHost

/// The main job, once, on this machine: a centre, machines that exist as directories, a cluster of them.
public struct Demo: Sendable {
    /// Something that the demo has seen happen.
    public struct Moment: Sendable, Hashable {
        /// Seconds since the demo began.
        public var second: Double
        public var text: String
    }

    private let layout: DemoLayout
    private let files = LinuxFiles()
    private let time = SystemClock()
    private let random = SystemRandom()
    private let tell: @Sendable (Moment) async -> Void
    private let start: Duration

    public init(layout: DemoLayout, tell: @escaping @Sendable (Moment) async -> Void) {
        self.layout = layout
        self.tell = tell
        start = time.uptime
    }

    private func say(_ text: String) async {
        let elapsed = time.uptime - start
        await tell(
            Moment(
                second: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18, text: text))
    }

    /// Brings up a cluster of `hosts` machines, and stays until it is cancelled.
    public func provision(hosts: Int, thenStay: Bool) async throws {
        try await prepareDirectories()
        let processes = DemoProcesses(layout: layout)
        try await processes.supervisor.start("centre")
        let centre = try await DemoCentre.waiting(for: layout, files, time)
        await say("the centre serves on \(centre.kubeconfig.server)")
        try await files.writeDurably(layout.centreKubeconfigPath, Array(centre.kubeconfig.text.utf8), mode: 0o600)
        try await publishImage()
        let token = try await centre.createToken(random, time.now)
        for number in 1...hosts {
            try await DemoHosts(layout: layout, files: files).deliver(number, centre: centre, token: token)
            try await processes.supervisor.start(layout.hostName(number))
        }
        try await waitForRegistration(centre, hosts)
        try await centre.apply(directory: layout.examplesDirectory + "/packs", files)
        try await centre.apply(directory: layout.examplesDirectory + "/profiles", files)
        await say("packs and profiles are applied")
        _ = try await centre.client.apply(cluster(hosts), by: "corbel-demo", force: true)
        await say("the cluster shop-1 is asked for")
        try await follow(centre)
        while thenStay { try await time.sleep(for: .seconds(3600)) }
        try await processes.supervisor.stopAll()
    }

    private func prepareDirectories() async throws {
        for part in ["", "/logs", "/hosts", "/centre", "/centre/images"] {
            try await files.makeDirectory(layout.directory + part, mode: 0o700)
        }
    }

    private func publishImage() async throws {
        let bytes = DemoLayout.factoryImage.json.encoded
        let digest = SHA256Digest.hexadecimal(of: bytes)
        try await files.writeDurably("\(layout.centreDirectory)/images/\(digest)", bytes, mode: 0o644)
    }

    private func waitForRegistration(_ centre: DemoCentre, _ count: Int) async throws {
        var seen: Set<String> = []
        while seen.count < count {
            for host in try await centre.client.list(EdgeHost.self) where seen.insert(host.name).inserted {
                await say("\(host.name) has registered")
            }
            try await time.sleep(for: .milliseconds(200))
        }
    }

    private func cluster(_ hosts: Int) -> Unstructured {
        let names = (1...hosts).map { layout.hostName($0) }
        return Unstructured(json: [
            "apiVersion": "corbel.dev/v1alpha1", "kind": "EdgeCluster",
            "metadata": ["name": "shop-1", "namespace": "default"],
            "spec": [
                "profiles": [["name": "infrastructure", "version": "1.0.0"]],
                "pools": [["name": "control-plane", "role": "control-plane", "hosts": JSONValue(names)]],
                "network": ["controlPlaneEndpoint": ["host": .string(layout.hostAddress(1)), "port": 6443]],
            ],
        ])
    }

    /// Says what changes, until the cluster's control plane has been initialized.
    private func follow(_ centre: DemoCentre) async throws {
        var lines: [String: String] = [:]
        while true {
            for machine in try await centre.client.list(HostMachine.self) {
                let status = machine.taskStatus
                let line = status.map { "\($0.id): \($0.phase.rawValue) \($0.message)" } ?? "claimed"
                if lines.updateValue(line, forKey: machine.name) != line { await say("\(machine.hostName): \(line)") }
            }
            if let cluster = try await centre.client.find(EdgeCluster.self, namespace: "default", name: "shop-1") {
                let waits = cluster.status["waits"]?.arrayValue?.compactMap { $0["message"]?.stringValue } ?? []
                let line = "\(cluster.phase.rawValue) " + waits.joined(separator: "; ")
                if lines.updateValue(line, forKey: "cluster") != line { await say("shop-1: \(line)") }
            }
            if let cluster = try await centre.client.find(EdgeCluster.self, namespace: "default", name: "shop-1") {
                let step = cluster.status["pivot"]?["step"]?.stringValue ?? "not begun"
                if lines.updateValue(step, forKey: "pivot") != step { await say("pivot: \(step)") }
                if step == "Deleted", cluster.phase == .running {
                    return await say("shop-1 runs, and its site goes on without the centre")
                }
            }
            try await time.sleep(for: .milliseconds(300))
        }
    }
}
