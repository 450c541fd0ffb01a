import CorbelAPI

/// What flows over the link between the centre and a site that runs its cluster: intent flows down, what was observed
/// flows up.
///
/// The site holds copies of the EdgeCluster, its ClusterRevisions and its ClusterUpdates under their own names. A
/// copy has the spec of the original and, of a status with two writers, each side's own fields.
enum Mirror {
    /// Fields of an EdgeCluster's status that the centre decides.
    static let centreFields = ["pools", "latestRevision", "epoch", "plane", "authority", "pivot", "phase", "takenBack"]
    /// Fields that the site reports.
    static let siteFields = [
        "members", "hosts", "readyHosts", "kubernetesVersion", "health", "layers", "currentRevision", "site",
        "etcdLeader", "handedBack", "certificates",
    ]

    /// An object as it is created in the other plane: without what its own plane gave it, without owners, whose UIDs
    /// differ there, and without a status, which no creation writes.
    static func copy<Kind: Resource>(_ object: Kind) -> Kind {
        var copy = object
        for field in [
            "uid", "resourceVersion", "generation", "creationTimestamp", "ownerReferences", "finalizers",
            "managedFields",
        ] {
            copy.json["metadata", field] = nil
        }
        copy.json["status"] = nil
        return copy
    }

    /// The site's EdgeCluster after the centre's news.
    static func down(_ centre: EdgeCluster, into site: EdgeCluster) -> EdgeCluster {
        var merged = site
        merged.json["spec"] = centre.json["spec"]
        for field in centreFields { merged.json["status", field] = centre.json["status", field] }
        // A deletion of the copy itself would end it before its hosts are reset, and nobody would report that they are.
        if centre.isDeleting { merged.annotations[Annotation.deleting] = "" }
        return merged
    }

    /// The centre's EdgeCluster after the site's report. A report of an older epoch than the centre's is refused: nil.
    static func up(_ site: EdgeCluster, into centre: EdgeCluster) -> EdgeCluster? {
        guard site.epoch >= centre.epoch else { return nil }
        var merged = centre
        for field in siteFields {
            merged.json["status", field] = site.json["status", field] ?? centre.json["status", field]
        }
        // A pool that is scaled no longer is not in it: the report counts whole.
        merged.scaledPools = site.scaledPools
        let own = (centre.json["status", "waits"]?.arrayValue ?? []).filter {
            $0["by"]?.stringValue == EdgeClusterStatus.author
        }
        let reported = (site.json["status", "waits"]?.arrayValue ?? []).filter {
            $0["by"]?.stringValue != EdgeClusterStatus.author
        }
        merged.json["status", "waits"] = own.isEmpty && reported.isEmpty ? nil : .array(own + reported)
        return merged
    }

    /// The site's Secret with the hosts' user data after the centre's news: hosts that join later boot with these.
    static func down(_ centre: Secret, into site: Secret) -> Secret {
        var merged = site
        merged.json["data"] = centre.json["data"]
        return merged
    }

    /// The site's ClusterUpdate after the centre's news: plan, approval, pause, abort and the permission to try
    /// again. The centre's word that an update is superseded goes down with it; every other status is the site's.
    static func down(_ centre: ClusterUpdate, into site: ClusterUpdate) -> ClusterUpdate {
        var merged = site
        merged.json["spec"] = centre.json["spec"]
        merged.annotations = centre.annotations
        if centre.phase == .superseded, merged.phase == .pendingApproval {
            merged.json["status"] = centre.json["status"]
        }
        return merged
    }

    /// The centre's ClusterUpdate after the site's report.
    static func up(_ site: ClusterUpdate, into centre: ClusterUpdate) -> ClusterUpdate {
        var merged = centre
        if centre.phase != .superseded { merged.json["status"] = site.json["status"] ?? centre.json["status"] }
        return merged
    }
}
