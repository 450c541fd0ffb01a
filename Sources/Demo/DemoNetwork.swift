import CorbelAPI
import Effects
import EffectsLinux

/// The addresses of a demo: a block of loopback that no other demo of this machine uses.
struct DemoNetwork: Sendable {
    private static let blocks = 1...20
    /// What listens on a machine of the demo: etcd, its peers, the API server, kubelet's health.
    private static let hostPorts: [UInt16] = [2379, 2380, 6443, 10248]
    private static let centrePort: UInt16 = 7443
    private static let sitePort: UInt16 = 6443
    /// Nobody speaks on it: it says that the block is taken.
    private static let claimPort: UInt16 = 7442

    let addresses: DemoAddresses
    private let claim: PortClaim

    /// Takes the first block that is free.
    ///
    /// - Throws: why the last one could not be taken: mostly a program that listens on all addresses.
    static func claimed() throws -> DemoNetwork {
        var reason: (any Error)?
        for number in blocks {
            do { return try DemoNetwork(block: number) } catch { reason = error }
        }
        throw StatusError(
            .conflict,
            "no block of loopback addresses is free for the demo: \(reason.map { "\($0)" } ?? "none was tried")")
    }

    private init(block number: Int) throws {
        addresses = DemoAddresses(block: number)
        claim = try PortClaim(address: addresses.centre, port: Self.claimPort)
        for port in Self.hostPorts { _ = try PortClaim(address: addresses.host(1), port: port) }
        _ = try PortClaim(address: addresses.centre, port: Self.centrePort)
        _ = try PortClaim(address: addresses.site, port: Self.sitePort)
        for host in 1...5 { _ = try PortClaim(address: "127.0.0.1", port: UInt16(addresses.balancerPort(host))) }
    }
}

/// The addresses of a demo: each machine, the centre and the site's API have one of their own.
struct DemoAddresses: Sendable, Hashable {
    let block: Int

    var centre: String { "127.0.\(block).250" }

    /// Where the centre listens: the same after a restart, since the hosts know no other.
    var centreEndpoint: String { "\(centre):7443" }

    /// Where the cluster's API server is reached, whichever hosts are up: the host that leads the site holds it.
    var site: String { "127.0.\(block).240" }

    func host(_ number: Int) -> String { "127.0.\(block).\(number)" }

    /// All hosts of all demos share 127.0.0.1, so each has its balancer on a port of its own.
    func balancerPort(_ number: Int) -> Int { 16_430 + 10 * block + number }
}
