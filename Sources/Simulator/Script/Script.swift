/// What goes wrong and what people do in one run, as it was drawn or as somebody wrote it down.
///
/// As text, one line each, times counted from the beginning:
///
///     seed 69
///     begin bare                              or: begin running
///     image 2.0.0 panics on b                 good, panics, hangs, dropsDead, sick; without a host: everywhere
///     at 81.705s power-cut e for 305.229s
///     at 120s clock-step centre by -3600s
///     at 600s set os 2.0.0
///     at 660s approve
///     at 660s approve in shop                 where there are several clusters
///     at 700s add f g to masters              at the centre: hosts are named in a pool,
///     at 700s remove d                        taken out of theirs,
///     at 700s replace d by f                  or one is put in another's place
///     at 700s scale workers to 1              at the site, as `kubectl scale` does it
///     at 900s delete
///     at 950s make                            again, as soon as it is gone
///
/// The seed decides what nobody wrote: how long a request takes, and which one is lost.
public struct Script: Sendable, Hashable {
    /// How an image behaves, everywhere or on one host.
    struct Image: Sendable, Hashable {
        var version: String
        var behaviour: ImageBehaviour
        var host: String?
    }

    enum Event: Sendable, Hashable {
        case fault(Fault)
        /// Where no cluster is named, it is the first.
        case act(Act, cluster: String?)
    }

    struct Entry: Sendable, Hashable {
        var at: Duration
        var event: Event
    }

    public var seed: UInt64
    /// Whether the run begins with bare machines; else with a cluster that runs.
    var beginsBare = false
    var images: [Image] = []
    var entries: [Entry] = []

    init(seed: UInt64) { self.seed = seed }

    /// When the last of it begins.
    var length: Duration { entries.map(\.at).max() ?? .zero }

    /// How many lines could be left out.
    var size: Int { images.count + entries.count }

    /// The script without one of its images or entries.
    func without(_ index: Int) -> Script {
        var rest = self
        if index < images.count { rest.images.remove(at: index) } else { rest.entries.remove(at: index - images.count) }
        return rest
    }

    /// Lets the script happen in a world, from now on.
    func write(into world: inout SimulatedWorld) {
        for image in images {
            let digest = SimulatedProfiles.digest(ofSystem: image.version)
            if let host = image.host {
                world.behavioursOnHost[host, default: [:]][digest] = image.behaviour
            } else {
                world.behaviours[digest] = image.behaviour
            }
        }
        for entry in entries {
            switch entry.event {
            case .fault(let fault): world.plan(.fault(fault), in: entry.at)
            case .act(let act, let cluster): world.plan(.act(act, cluster: cluster), in: entry.at)
            }
        }
    }
}
