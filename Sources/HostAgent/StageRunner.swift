import CorbelAPI
import Effects
import HostPlan
import Logging

/// Runs the stages that the profile's operating-system layer asks for: those of a boot once a boot, `reconcile` each
/// time that it is told to.
///
/// What fails in a stage never holds a host up, as with Kairos: it is told, and the next step goes on.
struct StageRunner: Sendable {
    /// In the order in which they come at a boot, as far as the agent is there to run them.
    private static let bootStages: [StageName] = [.rootfs, .initramfs, .fs, .network, .boot]

    let effects: HostEffects
    let steps: StepRunner
    let logger: Logger

    /// Names the boot whose stages have run. It lies where nothing survives a boot, and tells its boot nevertheless.
    private static let marker = "/run/corbel/boot-stages"

    func run(_ stages: JSONValue?) async throws {
        guard let stages, let plan = plan(stages) else { return }
        let boot = Array(try await effects.power.bootID().utf8)
        if try await !hasRun(boot) {
            for stage in Self.bootStages { try await steps.run(plan.steps(for: stage)) }
            try await effects.files.makeDirectory("/run/corbel", mode: 0o700)
            try await effects.files.writeDurably(Self.marker, boot, mode: 0o600)
        }
        try await steps.run(plan.steps(for: .reconcile))
    }

    private func plan(_ stages: JSONValue) -> StagePlan? {
        do {
            return try StagePlan.parse(["stages": stages])
        } catch {
            logger.warning("the stages of the profile are left out: \(error)")
            return nil
        }
    }

    private func hasRun(_ boot: [UInt8]) async throws -> Bool {
        guard try await effects.files.exists(Self.marker) else { return false }
        return try await effects.files.read(Self.marker, limit: 4096) == boot
    }
}
