/// How a supervised service is.
public enum ServiceState: String, Sendable, Hashable {
    case inactive
    case activating
    case active
    case deactivating
    /// It ended by itself, and is not being started again.
    case failed
}

/// Long-running programs that somebody else keeps alive: systemd on Linux.
///
/// Services have the names that the supervisor knows them by, such as `kubelet`. They outlive the agent: after a crash
/// of ours they are as they were, and each call may be made again.
public protocol ServiceSupervisor: Sendable {
    /// Starts a service, and returns when the supervisor calls it started; does nothing where it runs.
    /// Throws `notFound` for a service that is not known and `timeout` when it does not start in time.
    func start(_ service: String) async throws

    /// Stops a service and all its processes; does nothing where it is stopped.
    func stop(_ service: String) async throws

    /// Stops a service where it runs, and starts it.
    func restart(_ service: String) async throws

    func state(of service: String) async throws -> ServiceState
}
