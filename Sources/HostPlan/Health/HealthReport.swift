/// One thing that is watched. Not to know is not to have failed.
public enum HealthSignal: Sendable, Hashable {
    case healthy
    /// Why, as the end of a sentence.
    case failing(String)
    case unknown
}

/// What the agent sees of its host and of the cluster at one moment.
public struct HealthReport: Sendable, Hashable {
    /// A check that the profile asks for, run on the host.
    public struct Probe: Sendable, Hashable {
        public var name: String
        public var signal: HealthSignal

        public init(name: String, signal: HealthSignal) {
            self.name = name
            self.signal = signal
        }
    }

    /// Whether the host has its addresses and its gateway.
    public var network: HealthSignal
    /// Whether the agent's own services run.
    public var agent: HealthSignal
    /// kubelet's own health endpoint, which needs no API server.
    public var kubelet: HealthSignal
    /// Whether the host's Node is Ready. Only an API server that answers can tell.
    public var node: HealthSignal
    /// The host's own member of etcd; `nil` where the host has none.
    public var etcdMember: HealthSignal?
    /// How many members etcd has. A lone member is its own quorum.
    public var etcdMembers: Int
    public var probes: [Probe]

    /// Whether etcd has a leader.
    public var quorum: HealthSignal
    public var apiServer: HealthSignal
    public var centreLink: HealthSignal

    public init(
        network: HealthSignal = .unknown, agent: HealthSignal = .unknown, kubelet: HealthSignal = .unknown,
        node: HealthSignal = .unknown, etcdMember: HealthSignal? = nil, etcdMembers: Int = 0, probes: [Probe] = [],
        quorum: HealthSignal = .unknown, apiServer: HealthSignal = .unknown, centreLink: HealthSignal = .unknown
    ) {
        self.network = network
        self.agent = agent
        self.kubelet = kubelet
        self.node = node
        self.etcdMember = etcdMember
        self.etcdMembers = etcdMembers
        self.probes = probes
        self.quorum = quorum
        self.apiServer = apiServer
        self.centreLink = centreLink
    }
}
