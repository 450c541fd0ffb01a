public import Effects

/// The services of a machine that systemd runs. A name without a dot is a service's: `kubelet` is `kubelet.service`.
public struct SystemdSupervisor: ServiceSupervisor {
    /// systemctl(1): the unit is not loaded.
    private static let notLoadedStatus: Int32 = 5

    private let commands: any CommandRunner
    private let timeout: Duration

    /// - Parameter timeout: how long a service may take to start or to stop; systemd's own limit is 90 seconds.
    public init(commands: any CommandRunner, timeout: Duration = .seconds(120)) {
        self.commands = commands
        self.timeout = timeout
    }

    public func start(_ service: String) async throws { try await change("start", service) }

    public func stop(_ service: String) async throws { try await change("stop", service) }

    public func restart(_ service: String) async throws { try await change("restart", service) }

    public func state(of service: String) async throws -> ServiceState {
        let unit = try Self.unit(service)
        let result = try await commands.run(
            Command("systemctl", ["show", "--property=LoadState,ActiveState", "--", unit], timeout: .seconds(10)))
        guard result.isSuccess else { throw Self.error(result, cannot: "look at", unit) }
        var properties: [String: String] = [:]
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { properties[String(parts[0])] = String(parts[1]) }
        }
        guard properties["LoadState"] != "not-found" else {
            throw EffectError(.notFound, "there is no service named \(service)")
        }
        return try Self.state(properties["ActiveState"] ?? "", of: unit)
    }

    private func change(_ verb: String, _ service: String) async throws {
        let unit = try Self.unit(service)
        let result = try await commands.run(Command("systemctl", [verb, "--", unit], timeout: timeout))
        guard result.isSuccess else { throw Self.error(result, cannot: verb, unit) }
    }

    private static func unit(_ service: String) throws -> String {
        // systemd.unit(5); what begins with a dash would be an option.
        let isName =
            (1...255).contains(service.utf8.count) && !service.hasPrefix("-")
            && service.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ":_.@\\-".contains($0)) }
        guard isName else {
            throw EffectError(.invalid, "\"\(service)\" is no name of a service")
        }
        return service.contains(".") ? service : service + ".service"
    }

    private static func state(_ word: String, of unit: String) throws -> ServiceState {
        switch word {
        case "active", "reloading", "refreshing": .active
        case "inactive", "maintenance": .inactive
        case "activating": .activating
        case "deactivating": .deactivating
        case "failed": .failed
        default: throw EffectError(.ioError, "systemctl says that \(unit) is \"\(word)\"")
        }
    }

    private static func error(_ result: CommandResult, cannot action: String, _ unit: String) -> EffectError {
        let isUnknown = result.termination == .exited(notLoadedStatus)
        let reason = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
        return EffectError(
            isUnknown ? .notFound : .ioError,
            "cannot \(action) \(unit): \(reason.split(separator: "\n").joined(separator: "; "))")
    }
}
