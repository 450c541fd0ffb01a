import ControlLoop
import CorbelAPI
import Lifecycle

/// Law 9: what is given as the reason of a wait is true of the world, but for as long as news takes.
///
/// It reads what people read: `status.waits` of an EdgeCluster, at the site that runs it, and of the centre's copy what
/// the centre says itself.
struct TrueWaitLaw: Law {
    let name = "every explanation is true"

    private struct Shown: Hashable {
        var plane: PlaneID
        var site: Int
        var reason: String
        var on: String
    }

    /// Since when each explanation is wrong.
    private var wrong: [Shown: Timestamp] = [:]
    private var reported: Set<Shown> = []
    /// Who writes the explanations of a site, and since when nothing has kept them from it.
    private var writers: [Int: Int] = [:]
    private var undisturbed: [Int: Timestamp] = [:]
    private var nextLooks: [Int: Timestamp] = [:]
    /// What is wrong for as long as news takes is seen to be so often enough.
    private static let lookInterval = Duration.seconds(20)

    mutating func observe(_ observation: Observation, in world: SimulatedWorld) -> [String] {
        guard case .passes(let site) = observation else { return [] }
        noteDisturbance(at: site, in: world)
        if let next = nextLooks[site], world.now < next { return [] }
        nextLooks[site] = world.now + Self.lookInterval
        var present: [Shown: Timestamp] = [:]
        var broken: [String] = []
        for (plane, wait) in explanations(at: site, in: world) {
            guard let why = WaitTruth(wait, site: site, plane: plane, in: world).contradiction else { continue }
            let shown = Shown(plane: plane, site: site, reason: wait.reason, on: wait.on)
            let since = wrong[shown] ?? world.now
            present[shown] = since
            let begin = max(since, undisturbed[site] ?? world.now, world.newsIsLateUntil)
            guard world.now - begin >= News.travel, reported.insert(shown).inserted else { continue }
            broken.append(
                "\(world.sites[site].cluster) is told \"\(wait.message)\" (\(wait.reason) by \(wait.by)), but \(why)")
        }
        if !wrong.isEmpty || !present.isEmpty {
            wrong = wrong.filter { $0.key.site != site }.merging(present) { $1 }
            reported = reported.filter { wrong[$0] != nil }
        }
        return broken
    }

    private mutating func noteDisturbance(at site: Int, in world: SimulatedWorld) {
        let leader = world.leader(of: site)
        let isDisturbed = leader == nil || leader != writers[site] || !world.isUp(site: site) || !world.centreIsUp
        writers[site] = leader
        if isDisturbed || undisturbed[site] == nil { undisturbed[site] = world.now }
    }

    private func explanations(at site: Int, in world: SimulatedWorld) -> [(PlaneID, ShownWait)] {
        let own = Self.waits(of: world.sitesCluster(site)).map { (PlaneID.site(site), $0) }
        let centre = world.centresCluster(site)
        return own
            + Self.waits(of: centre).filter { $0.by == "centre" || !centre.isAtSite }
            .map { (PlaneID.centre, $0) }
    }

    private static func waits(of cluster: EdgeCluster?) -> [ShownWait] {
        cluster?.json["status", "waits"]?.arrayValue?.map(ShownWait.init) ?? []
    }
}

/// A wait as people see it.
struct ShownWait {
    var reason: String
    var message: String
    /// The object, as it is written for people; empty where none is named.
    var on: String
    var by: String

    init(json: JSONValue) {
        reason = json["reason"]?.stringValue ?? ""
        message = json["message"]?.stringValue ?? ""
        on = json["on"]?.stringValue ?? ""
        by = json["by"]?.stringValue ?? ""
    }
}
