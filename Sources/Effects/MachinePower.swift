/// The machine as something that can be switched.
public protocol MachinePower: Sendable {
    /// A text that differs from boot to boot (Linux: `/proc/sys/kernel/random/boot_id`).
    func bootID() async throws -> String

    /// Asks for a reboot. Returns when it was accepted; the process is ended soon after. What must survive is durable
    /// before the call, and a crash before the reboot leaves the machine running.
    func reboot() async throws
}
