import CorbelAPI
import Effects
import HostPlan
import Logging
import PKI

/// What a host does at the stages of its life: what the profile's operating-system layer says, then the user's data.
struct HostStages: Sendable, Hashable {
    /// `stages` of the profile's operating-system layer.
    var profile: JSONValue?
    /// The cluster's user data, parsed.
    var userData: JSONValue?
}

/// Runs the stages of a boot once a boot, `reconcile` each time that it is told to, and what cloud-init's own keys ask
/// for once for each document on each system.
///
/// What fails in a stage never holds a host up, as with Kairos: it is told, and the next step goes on.
struct StageRunner: Sendable {
    /// In the order in which they come at a boot, as far as the agent is there to run them.
    private static let bootStages: [StageName] = [.rootfs, .initramfs, .fs, .network, .boot]

    let effects: HostEffects
    let steps: StepRunner
    let logger: Logger

    /// Names the boot whose stages have run. It lies where nothing survives a boot, and tells its boot nevertheless.
    static let bootMarker = "/run/corbel/boot-stages"
    /// Names the user data that the system has. It lies where a system that is written anew begins without it.
    static let systemMarker = "/etc/corbel/user-data"

    /// - Parameter isFirst: Whether the host is becoming a member. What the boot has seen before was not this
    ///   cluster's.
    func run(_ stages: HostStages, isFirst: Bool = false) async throws {
        let profile = profilePlan(stages)
        let userData = userData(stages)
        let boot = Array(try await effects.power.bootID().utf8)
        let isNewBoot = try await !marks(Self.bootMarker, boot)
        if isFirst || isNewBoot {
            try await runBoot(profile, userData, stages)
            try await mark(Self.bootMarker, boot)
        }
        try await steps.run(profile.steps(for: .reconcile))
        if let userData { try await steps.run(userData.ofEveryBoot.steps(for: .reconcile)) }
    }

    /// The boot's stages, each with what the profile says first: the user's data has the last word.
    private func runBoot(_ profile: StagePlan, _ userData: UserData?, _ stages: HostStages) async throws {
        let document = Array(SHA256Digest.hexadecimal(of: stages.userData?.encoded ?? []).utf8)
        let systemLacksIt = try await !marks(Self.systemMarker, document)
        for stage in Self.bootStages {
            try await steps.run(profile.steps(for: stage))
            guard let userData else { continue }
            if systemLacksIt { try await steps.run(userData.ofSystem.steps(for: stage)) }
            try await steps.run(userData.ofEveryBoot.steps(for: stage))
        }
        if userData != nil, systemLacksIt { try await mark(Self.systemMarker, document) }
    }

    private func profilePlan(_ stages: HostStages) -> StagePlan {
        guard let profile = stages.profile else { return StagePlan() }
        do {
            return try StagePlan.parse(["stages": profile])
        } catch {
            logger.warning("the stages of the profile are left out: \(error)")
            return StagePlan()
        }
    }

    /// The centre has checked the document; one that this agent cannot read is of a newer centre.
    private func userData(_ stages: HostStages) -> UserData? {
        guard let document = stages.userData else { return nil }
        do {
            return try UserData(document)
        } catch {
            logger.warning("the user data is left out: \(error)")
            return nil
        }
    }

    private func marks(_ path: String, _ content: [UInt8]) async throws -> Bool {
        guard try await effects.files.exists(path) else { return false }
        return try await effects.files.read(path, limit: 4096) == content
    }

    private func mark(_ path: String, _ content: [UInt8]) async throws {
        try await effects.files.makeDirectory(path.parentDirectory, mode: 0o700)
        try await effects.files.writeDurably(path, content, mode: 0o600)
    }
}
