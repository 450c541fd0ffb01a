import CorbelAPI

/// How many hosts of a pool serve, and what its scaled object (MachineDeployment, EdgeControlPlane) says of it.
///
/// As with a topology of Cluster API: a count that the pool sets is the topology's, and one that it leaves open is
/// whoever's who scales the object.
///
///     the pool's replicas   the object's replicas            hosts that serve         the object's replicas then
///     set                   anything                         as set                   as set
///     open                  what serves                      all named, or as scaled  what serves
///     open                  another count, within bounds     that count               as asked
///     open                  another count, beyond bounds     as before                as asked, and refused
///
/// A pool that is scaled to all of its hosts goes with their number again.
struct PoolScale: Sendable, Hashable {
    /// How many hosts serve.
    let serving: Int
    /// The object's `spec.replicas`.
    let replicas: Int
    /// The count that somebody has scaled the pool to; nil while it goes with the hosts that it names.
    let scaledTo: Int?
    /// Why what is asked for is not done.
    let refusal: String?
    private let pool: HostPool

    /// - Parameter object: the scaled object as it is; nil when there is none yet.
    init(_ pool: HostPool, object: (any Resource)?) {
        self.pool = pool
        let asked = object?.spec["replicas"]?.intValue
        let before = object.flatMap(Self.serving)
        let scaledBefore = object?.annotation(Annotation.scaledTo).flatMap { Int($0) }
        guard !pool.setsReplicas, let asked, let before, asked != before else {
            scaledTo = pool.setsReplicas ? nil : scaledBefore
            serving = Self.count(of: pool, scaledTo: scaledTo)
            replicas = serving
            refusal = nil
            return
        }
        refusal = Self.refusal(of: asked, pool, before: before)
        scaledTo = refusal != nil ? scaledBefore : asked == pool.replicas ? nil : asked
        serving = Self.count(of: pool, scaledTo: scaledTo)
        replicas = asked
    }

    /// How many hosts serve, as the scaled object records it; nil before anything was recorded.
    static func serving(_ object: any Resource) -> Int? {
        object.annotation(Annotation.serving).flatMap { Int($0) }
    }

    /// What the object records: what serves, and whether that is somebody's wish.
    func record(in annotations: inout [String: String]) {
        annotations[Annotation.serving] = pool.setsReplicas ? nil : String(serving)
        annotations[Annotation.scaledTo] = scaledTo.map { String($0) }
    }

    /// What may be asked for, as words.
    var bounds: String {
        let range = Self.range(of: pool)
        guard pool.role == .controlPlane else { return "\(range.lowerBound) to \(range.upperBound)" }
        return PoolValidation.controlPlaneSizes.filter(range.contains).map { String($0) }.joined(separator: " or ")
    }

    private static func range(of pool: HostPool) -> ClosedRange<Int> {
        let most = min(pool.maximum ?? pool.hosts.count, pool.hosts.count)
        return min(pool.minimum ?? 0, most)...most
    }

    private static func refusal(of asked: Int, _ pool: HostPool, before: Int) -> String? {
        if asked > pool.hosts.count { return "the pool names no more than \(pool.hosts.count)" }
        if let maximum = pool.maximum, asked > maximum { return "maxReplicas is \(maximum)" }
        if let minimum = pool.minimum, asked < minimum { return "minReplicas is \(minimum)" }
        guard pool.role == .controlPlane else { return nil }
        guard PoolValidation.controlPlaneSizes.contains(asked) else {
            return "a control plane has 1, 3 or 5 hosts: etcd needs an odd number to survive the loss of one"
        }
        guard before >= 3, asked < 3 else { return nil }
        return "a control plane that shrinks below 3 no longer survives the loss of a host"
    }

    /// What was scaled to counts for as long as the pool's bounds allow it.
    private static func count(of pool: HostPool, scaledTo: Int?) -> Int {
        let all = pool.activeHosts.count
        guard let scaledTo else { return all }
        let range = range(of: pool)
        let bounded = min(max(scaledTo, range.lowerBound), range.upperBound)
        let isSize = pool.role == .worker || PoolValidation.controlPlaneSizes.contains(bounded)
        return isSize ? bounded : all
    }
}
