import CorbelAPI
import Effects
import EffectsLinux
import HTTPTransport
import KubeClient
import PKI
import ResourceClient
import SimulatedHost

/// Where a scenario plays: a centre, machines, and everything that one does with them.
struct Stage: Sendable {
    let layout: DemoLayout
    let processes: DemoProcesses
    let record: ScenarioRecord
    let centre: DemoCentre
    let files: any FileStore = LinuxFiles()
    let time: any TimeSource = SystemClock()
    let random = SystemRandom()
    let senders = SenderCache()

    private init(_ layout: DemoLayout, _ processes: DemoProcesses, _ record: ScenarioRecord, _ centre: DemoCentre) {
        self.layout = layout
        self.processes = processes
        self.record = record
        self.centre = centre
    }

    /// Starts a centre, and delivers machines, switched off.
    static func open(
        _ layout: DemoLayout, _ processes: DemoProcesses, _ record: ScenarioRecord
    ) async throws -> Stage {
        let files: any FileStore = LinuxFiles()
        try await clear(layout, files)
        try await processes.supervisor.start(DemoProcesses.centre)
        let centre = try await DemoCentre.waiting(for: layout, files, SystemClock())
        let stage = Stage(layout, processes, record, centre)
        await stage.say("the centre serves on \(centre.kubeconfig.server)")
        try await files.writeDurably(layout.centreKubeconfigPath, Array(centre.kubeconfig.text.utf8), mode: 0o600)
        try await stage.publish(DemoLayout.factoryImage)
        let token = try await centre.createToken(stage.random, stage.time.now)
        let hosts = DemoHosts(layout: layout, files: files)
        for number in 1...layout.hosts { try await hosts.deliver(number, centre: centre, token: token) }
        return stage
    }

    /// Removes what an earlier run has left in the stage's directory.
    private static func clear(_ layout: DemoLayout, _ files: any FileStore) async throws {
        try await files.remove(layout.directory)
        try await files.remove(layout.siteKubeconfigPath)
        var parent = layout.settings.directory
        for part in layout.directory.dropFirst(parent.count).split(separator: "/") {
            parent += "/" + part
            try await files.makeDirectory(parent, mode: 0o700)
        }
        for part in ["/logs", "/hosts", "/centre", "/centre/images"] {
            try await files.makeDirectory(layout.directory + part, mode: 0o700)
        }
    }

    func say(_ text: String) async { await record.say(text) }

    /// Puts an image where hosts fetch it, and answers its digest as packs name it.
    @discardableResult
    func publish(_ image: SimulatedImage) async throws -> String {
        let bytes = image.json.encoded
        let digest = SHA256Digest.hexadecimal(of: bytes)
        try await files.writeDurably("\(layout.centreDirectory)/images/\(digest)", bytes, mode: 0o644)
        return "sha256:\(digest)"
    }
}
