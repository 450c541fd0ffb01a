import CorbelAPI

/// Law 6: a site of which nothing is heard is not shown as well, and not as failed either; and one that is heard is not
/// shown as unheard.
///
/// What it goes by is when one of the hosts that the cluster names as its members really reached the centre.
struct SilenceLaw: Law {
    let name = "what is not heard of is not shown as well"
    /// A contact that is broken for longer than this is another one.
    private static let gap = Duration.seconds(45)

    private struct Contact {
        var began: Timestamp
        var last: Timestamp
    }

    private var contacts: [Int: Contact] = [:]

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .passes(let site) = observation, world.centreIsUp else { return [] }
        let named = world.centresCluster(site).json["status", "members"]?.stringList ?? []
        let members = world.machines[world.sites[site].hosts].filter { named.contains($0.name) }
        guard let last = members.map(\.reachedCentreAt).max() else { return [] }
        let before = contacts[site]
        let isBroken = before.map { last - $0.last > Self.gap } ?? true
        contacts[site] = Contact(began: isBroken ? last : before?.began ?? last, last: last)
        let quiet = world.now - max(world.centreStartedAt, world.newsIsLateUntil)
        guard quiet >= News.travel else { return [] }
        return judge(site, contacts[site] ?? Contact(began: last, last: last), in: world)
    }

    private func judge(_ site: Int, _ contact: Contact, in world: SimulatedWorld) -> [String] {
        let silence = world.now - contact.last
        let isSilent = silence >= SimulatedWorld.heartbeatTimeout + News.travel
        // What is heard again is heard by the next heartbeat.
        let isHeard = silence < Self.gap && world.now - contact.began >= News.travel
        guard isSilent || isHeard else { return [] }
        let cluster = world.centresCluster(site)
        guard cluster.isAtSite, let health = cluster.json["status", "health"] else { return [] }
        let level = health["level"]?.stringValue ?? ""
        if isSilent, level != "Unknown" {
            return ["\(cluster.name) is \(level), and nobody there was heard for \(silence.milliseconds / 1000) s"]
        }
        let isCalledSilent = health["reasons"]?.arrayValue?.first?["reason"]?.stringValue == "SiteUnreachable"
        return isHeard && isCalledSilent ? ["\(cluster.name) is called unreachable, and its hosts are heard"] : []
    }
}
