import CorbelAPI

/// A site with one cluster: its API server's objects, its etcd, and its end of the link to the centre.
struct SimulatedSite {
    /// The name of the EdgeCluster.
    let cluster: String
    /// Its machines among those of the world, those to spare too.
    let hosts: Range<Int>
    var plane: SimulatedPlane
    var etcd = SimulatedEtcd()
    var linkIsCutUntil = SimulatedWorld.start
    /// While the link is rarely up: the period, of which it is up for two minutes, and until when.
    var linkPeriod = Duration.zero
    var linkIsRareUntil = SimulatedWorld.start
    /// Whether somebody waits for the cluster's end, to make it again.
    var isWantedAgain = false
    /// How often its etcd has been made.
    private var lives = 1
    /// Keeps agents' reports back while a pivot carries their machines.
    var isPivoting = false
    /// The planes' revisions at which the link had nothing to carry.
    var linkIsIdleAt: LinkPosition?
    /// When the containers of each pod began, or will have begun, by its UID.
    var starts: [String: ContainerStart] = [:]
    /// Where Kubernetes' controllers had nothing to do.
    var workloadsRestAt: WorkloadPosition?

    struct ContainerStart {
        var host: Int
        var boot: Int
        var at: Timestamp
    }

    /// Everything that workloads depend on but time.
    struct WorkloadPosition: Hashable {
        private let revisions: [Int]
        private let kubelets: [Int?]

        /// - Parameter kubelets: The boot of each host whose kubelet is heard.
        init(_ plane: SimulatedPlane, kubelets: [Int?]) {
            revisions = ([Node.groupKind, Pod.groupKind, PodDisruptionBudget.groupKind] + SimulatedWorld.workloadKinds)
                .map(plane.revision(of:))
            self.kubelets = kubelets
        }
    }

    /// The revisions of the kinds that a link carries.
    struct LinkPosition: Hashable {
        private let centre: [Int]
        private let site: [Int]

        init(centre: SimulatedPlane, site: SimulatedPlane) {
            let kinds = [
                EdgeCluster.groupKind, ClusterRevision.groupKind, ClusterUpdate.groupKind, Secret.groupKind,
            ]
            self.centre = kinds.map(centre.revision(of:))
            self.site = kinds.map(site.revision(of:))
        }
    }

    /// Forgets everything that etcd held, whose last member is gone.
    mutating func loseEtcd() {
        lives += 1
        plane = SimulatedPlane("\(cluster).\(lives)")
        etcd = SimulatedEtcd()
        isPivoting = false
        linkIsIdleAt = nil
        starts = [:]
        workloadsRestAt = nil
    }

    init(cluster: String, hosts: Range<Int>) {
        self.cluster = cluster
        self.hosts = hosts
        plane = SimulatedPlane(cluster)
    }
}
