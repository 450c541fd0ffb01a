import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import Lifecycle
import Logging
import ResourceClient

/// The site's reconcilers, on the one control-plane host that holds the site's lease; and the link that carries intent
/// down and observations up. A site without a link goes on without it.
struct SiteLeader: Sendable {
    private static let lease = Lease.key(namespace: "kube-system", name: "corbel-controllers")

    let registration: HostRegistrationRecord
    let effects: HostEffects
    let centre: CentreLink
    let access: SiteAccess
    let holder: EndpointHolder
    let logger: Logger

    /// Runs until it is cancelled; does nothing while the host is no control-plane host.
    func run() async throws {
        let leadership = SiteLeadership()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await holder.run(leadership) }
            group.addTask { try await standForElection(leadership) }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Stands for election whenever the host is a control-plane host.
    private func standForElection(_ leadership: SiteLeadership) async throws {
        while true {
            if let site = try? await access.administrator() {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await elect(site, leadership) }
                    group.addTask { try await untilHostLeaves() }
                    try await group.next()
                    group.cancelAll()
                }
            }
            try await effects.time.sleep(for: .seconds(5))
        }
    }

    /// A host that was reset has lost its kubeconfig, and with it the right to lead.
    private func untilHostLeaves() async throws {
        while try await access.isControlPlaneHost() { try await effects.time.sleep(for: .seconds(5)) }
    }

    private func elect(_ site: any ResourceClient, _ leadership: SiteLeadership) async throws {
        let election = LeaderElector(
            LeaderElection.Configuration(identity: registration.name, lease: Self.lease), client: site,
            time: effects.worldTime, random: effects.random, logger: logger)
        try await election.run { transitions in
            await leadership.begin(site)
            do {
                try await lead(site, LeadershipTerm(transitions: transitions))
            } catch {
                await leadership.end()
                throw error
            }
            await leadership.end()
        }
    }

    private func lead(_ site: any ResourceClient, _ term: LeadershipTerm) async throws {
        let runner = ControllerRunner(
            client: site, reconcilers: Reconcilers.site(term: term), time: effects.time, random: effects.random,
            name: "corbel-site", logger: logger)
        let publisher = JoinPublisher(namespace: registration.namespace, effects: effects, site: site, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            group.addTask { try await carry(site) }
            group.addTask { try await publisher.run() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Keeps the link, as long as there is one.
    private func carry(_ site: any ResourceClient) async throws {
        let client = await centre.client()
        let link = SiteLink(namespace: registration.namespace, site: site, centre: client)
        let issuer = AccessIssuer(
            namespace: registration.namespace, site: site, centre: client, time: effects.worldTime, logger: logger)
        while true {
            await noting("link") { try await link.exchange() }
            await noting("access") { try await issuer.pass() }
            try await effects.time.sleep(for: .seconds(5))
        }
    }

    /// Carries out a part of an exchange; what fails is tried again with the next.
    private func noting(_ part: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            logger.debug("\(part): \((error as? StatusError)?.message ?? "\(error)")")
        }
    }
}
