import ControlLoop
public import CorbelAPI

/// How far a pivot is: `EdgeCluster.status.pivot`, which the centre's store holds. Every step is one durable write.
///
///     step       written by     what has happened
///     Sealed     the centre     (a) the objects are paused, and sealed under the next epoch; `digest` names the bundle
///     Imported   the centre     (c) the first host holds exactly that bundle: `importedDigest`
///     Committed  the centre     (d) by compare-and-swap: plane and epoch have changed; only forward from here
///     Released   the centre     (e) the site has reported, in `released`, that its objects are no longer paused
///     Deleted    the centre     (f) the centre's copies are gone
///     Aborted    the centre     before (d): the objects are unpaused, the epoch is burnt
public struct PivotStatus: Sendable, Hashable {
    public enum Step: String, Sendable, Hashable {
        case sealed = "Sealed"
        case imported = "Imported"
        case committed = "Committed"
        case released = "Released"
        case deleted = "Deleted"
        case aborted = "Aborted"
    }

    public var step: Step
    /// The epoch that the site has after the commit.
    public var epoch: Int
    /// `sha256:` and 64 hexadecimal digits.
    public var digest: String
    /// What the first host says that it holds.
    public var importedDigest: String?
    /// Whether the site says that its objects are no longer paused.
    public var isReleasedAtSite: Bool
    public var since: Timestamp?

    public init(step: Step, epoch: Int, digest: String, since: Timestamp? = nil) {
        self.step = step
        self.epoch = epoch
        self.digest = digest
        self.since = since
        isReleasedAtSite = false
    }

    public init?(of cluster: EdgeCluster) {
        guard let pivot = cluster.json["status", "pivot"], let step = pivot["step"]?.stringValue.flatMap(Step.init)
        else {
            return nil
        }
        self.step = step
        epoch = pivot["epoch"]?.intValue ?? 0
        digest = pivot["digest"]?.stringValue ?? ""
        importedDigest = pivot["importedDigest"]?.stringValue
        isReleasedAtSite = pivot["released"]?.boolValue ?? false
        since = pivot["since"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }

    public var json: JSONValue {
        var json: JSONValue = ["step": .string(step.rawValue), "epoch": JSONValue(epoch), "digest": .string(digest)]
        json["importedDigest"] = importedDigest.map { .string($0) }
        if isReleasedAtSite { json["released"] = true }
        json["since"] = since.map { .string($0.rfc3339) }
        return json
    }

    /// Whether the cluster's objects belong to neither plane for the moment.
    public var isUnderWay: Bool { step == .sealed || step == .imported }

    /// Whether the site may have something to do for it: to import, to release, or after an abort to clear away.
    public var awaitsSite: Bool { step != .released && step != .deleted }

    /// Takes down what a host reports; the endpoint `…/edgeclusters/<name>/pivot` writes it. A report of another
    /// epoch is stale, and one after the commit has nothing to add.
    public mutating func take(importedDigest: String, epoch: Int) throws {
        guard epoch == self.epoch, isUnderWay else { throw Self.stale(epoch, self) }
        self.importedDigest = importedDigest
    }

    /// Takes down that the site has unpaused its objects.
    public mutating func takeRelease(epoch: Int) throws {
        guard epoch == self.epoch, step == .committed || step == .released || step == .deleted else {
            throw Self.stale(epoch, self)
        }
        isReleasedAtSite = true
    }

    private static func stale(_ epoch: Int, _ status: PivotStatus) -> StatusError {
        StatusError(
            .conflict,
            "the pivot is at step \(status.step.rawValue) of epoch \(status.epoch); the report is of epoch \(epoch)")
    }
}

// What people are told while a pivot is under way.
extension PivotStatus {
    /// What the centre waits for; nil where it is its own turn.
    func wait(on cluster: EdgeCluster) -> Wait? {
        switch step {
        case .sealed, .imported: importedDigest == digest ? nil : importWait(on: cluster)
        case .committed: isReleasedAtSite ? nil : releaseWait(on: cluster)
        case .released, .deleted, .aborted: nil
        }
    }

    func importWait(on cluster: EdgeCluster) -> Wait {
        Wait(
            "PivotImport", "the first control-plane host imports the cluster's objects", on: cluster.key, since: since,
            unblockedBy: "the link to the first control-plane host is up, and its API server answers")
    }

    func releaseWait(on cluster: EdgeCluster) -> Wait {
        Wait(
            "PivotRelease", "the site has yet to unpause its objects", on: cluster.key, since: since,
            unblockedBy: "the link to the site is up")
    }
}
