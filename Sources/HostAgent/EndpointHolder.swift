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
    let namespace: String
    let ownAddress: String
    let effects: HostEffects
    let directory: SiteDirectory
    let logger: Logger

    /// Holds the endpoint whenever `leading` says that this host leads, and lets go of it when it no longer does. Runs
    /// until it is cancelled.
    func run(_ leading: AsyncStream<(any ResourceClient)?>) async throws {
        var site: (any ResourceClient)?
        var changes = leading.makeAsyncIterator()
        while !Task.isCancelled {
            guard let current = site else {
                site = await changes.next() ?? nil
                continue
            }
            guard let endpoint = try await endpoint(current) else {
                site = await changes.next() ?? nil
                continue
            }
            try await take(endpoint.host)
            site = await withTaskGroup(of: Void.self) { group in
                group.addTask { await forward(from: endpoint) }
                let next = await changes.next() ?? nil
                group.cancelAll()
                return next
            }
            try await letGo(of: endpoint.host)
        }
    }

    /// The endpoint, where it is an address that has to be held.
    private func endpoint(_ site: any ResourceClient) async throws -> SocketEndpoint? {
        while !Task.isCancelled {
            do {
                let clusters = try await site.list(EdgeCluster.self, namespace: namespace)
                guard let given = clusters.first?.spec["network", "controlPlaneEndpoint"],
                    let host = given["host"]?.stringValue, Self.isAddress(host), host != ownAddress
                else { return nil }
                if await directory.servers().contains(where: { $0.host == host }) { return nil }
                return SocketEndpoint(host: host, port: given["port"]?.intValue ?? 6443)
            } catch let error as StatusError {
                logger.debug("the site's endpoint: \(error.message)")
            }
            try await effects.worldTime.sleep(for: .seconds(1))
        }
        return nil
    }

    private func forward(from endpoint: SocketEndpoint) async {
        do {
            try await effects.balancer.forward(
                from: endpoint, to: { [directory] in await directory.servers() },
                onListening: { [logger] _ in logger.notice("holding the site's endpoint \(endpoint)") })
        } catch let error as EffectError where error.code == .busy {
            // An API server that listens on all addresses of the host answers on this one too.
            logger.notice("holding the site's endpoint \(endpoint.host)")
        } catch let error as EffectError {
            logger.warning("the site's endpoint \(endpoint) cannot be held: \(error.message)")
        } catch {
            logger.info("letting go of the site's endpoint \(endpoint)")
        }
    }

    // MARK: The address

    private func take(_ address: String) async throws {
        guard let interface = try await interface() else { return }
        try await ip(["address", "replace", Self.prefixed(address), "dev", interface])
    }

    private func letGo(of address: String) async throws {
        guard let interface = try await interface() else { return }
        try await ip(["address", "delete", Self.prefixed(address), "dev", interface])
    }

    /// The interface that has the host's own address.
    private func interface() async throws -> String? {
        let output = try await ip(["-json", "address", "show", "to", ownAddress])
        // `ip` prints nothing where no interface has the address.
        let interfaces = (try? JSONValue(parsing: output))?.arrayValue ?? []
        return interfaces.compactMap { $0["ifname"]?.stringValue }.first
    }

    /// Whether a host is written as an IP address rather than as a name.
    private static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.split(separator: ".").allSatisfy { UInt8($0) != nil }
    }

    @discardableResult
    private func ip(_ words: [String]) async throws -> [UInt8] {
        let result = try await effects.commands.run(Command("ip", words, timeout: .seconds(10)))
        if !result.isSuccess {
            let tail = String(decoding: result.errorOutput.suffix(200), as: UTF8.self)
            logger.warning("ip \(words.joined(separator: " ")): \(tail)")
        }
        return result.output
    }

    private static func prefixed(_ address: String) -> String { address + (address.contains(":") ? "/128" : "/32") }
}
