import CorbelAPI
import Effects
import HostPlan
import Logging
import ResourceClient

/// Holds the address that the site's kubeconfigs name, on the host that leads the site, so that people and programs
/// outside reach an API server that is up, whichever hosts are.
///
/// An endpoint that is a name, or the address of a host itself, is nobody's to hold.
struct EndpointHolder: Sendable {
    /// Between two looks whether this host still leads, and where the endpoint is.
    private static let interval = Duration.seconds(1)

    let namespace: String
    let ownAddress: String
    let effects: HostEffects
    let directory: SiteDirectory
    let logger: Logger

    /// Holds the endpoint while this host leads the site, and lets go of it when it no longer does. Runs until it is
    /// cancelled.
    func run(_ leadership: SiteLeadership) async throws {
        while !Task.isCancelled {
            if let endpoint = await wanted(leadership, holding: nil) { try await hold(endpoint, leadership) }
            try await effects.worldTime.sleep(for: Self.interval)
        }
    }

    /// Holds an endpoint for as long as it is the one that this host is to hold.
    private func hold(_ endpoint: SocketEndpoint, _ leadership: SiteLeadership) async throws {
        await take(endpoint.host)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await forward(from: endpoint) }
                group.addTask {
                    while await wanted(leadership, holding: endpoint) == endpoint {
                        try await effects.worldTime.sleep(for: Self.interval)
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // The agent ends, and the address goes with it.
        }
        await letGo(of: endpoint.host)
    }

    /// The endpoint that this host is to hold now, where it is an address that has to be held. While the site does not
    /// answer, that is the one that it is holding.
    private func wanted(_ leadership: SiteLeadership, holding held: SocketEndpoint?) async -> SocketEndpoint? {
        guard let site = await leadership.site else { return nil }
        do {
            // Until the pivot has brought the cluster here, there is none.
            let clusters = try await site.list(EdgeCluster.self, namespace: namespace)
            guard let given = clusters.first?.spec["network", "controlPlaneEndpoint"],
                let host = given["host"]?.stringValue, Self.isAddress(host), host != ownAddress
            else { return nil }
            let isHosts = await directory.servers().contains { $0.host == host }
            return isHosts ? nil : SocketEndpoint(host: host, port: given["port"]?.intValue ?? 6443)
        } catch {
            logger.debug("the site's endpoint: \((error as? StatusError)?.message ?? "\(error)")")
            return held
        }
    }

    /// Passes on what comes in at the endpoint, until it is cancelled.
    private func forward(from endpoint: SocketEndpoint) async throws {
        logger.notice("holding the site's endpoint \(endpoint)")
        while true {
            do {
                try await effects.balancer.forward(
                    from: endpoint, to: { [directory] in await directory.servers() }, onListening: { _ in })
            } catch let error as EffectError {
                // An API server that listens on all addresses of the host answers on this one too, while it is up; the
                // leader before this one may not have let go yet.
                logger.debug("the site's endpoint \(endpoint): \(error.message)")
            }
            try await effects.worldTime.sleep(for: Self.interval)
        }
    }

    // MARK: The address

    private func take(_ address: String) async {
        guard let interface = await interface() else { return }
        await ip(["address", "replace", Self.prefixed(address), "dev", interface])
    }

    private func letGo(of address: String) async {
        logger.notice("letting go of the site's endpoint \(address)")
        guard let interface = await interface() else { return }
        await ip(["address", "delete", Self.prefixed(address), "dev", interface])
    }

    /// The interface that has the host's own address.
    private func interface() async -> String? {
        let output = await ip(["-json", "address", "show", "to", ownAddress])
        // `ip` prints nothing where no interface has the address.
        let interfaces = (try? JSONValue(parsing: output))?.arrayValue ?? []
        return interfaces.compactMap { $0["ifname"]?.stringValue }.first
    }

    /// Whether a host is written as an IP address rather than as a name.
    private static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.split(separator: ".").allSatisfy { UInt8($0) != nil }
    }

    /// What cannot be done with an address now is no reason to give up the site.
    @discardableResult
    private func ip(_ words: [String]) async -> [UInt8] {
        do {
            let result = try await effects.commands.run(Command("ip", words, timeout: .seconds(10)))
            if result.isSuccess { return result.output }
            let tail = String(decoding: result.errorOutput.suffix(200), as: UTF8.self)
            logger.warning("ip \(words.joined(separator: " ")): \(tail)")
        } catch {
            logger.warning("ip \(words.joined(separator: " ")): \(error)")
        }
        return []
    }

    private static func prefixed(_ address: String) -> String { address + (address.contains(":") ? "/128" : "/32") }
}

/// Whether this host leads its site: the client that the leader acts with, or none.
actor SiteLeadership {
    private(set) var site: (any ResourceClient)?

    func begin(_ site: any ResourceClient) { self.site = site }
    func end() { site = nil }
}
