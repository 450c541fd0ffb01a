/// A file that the agent puts in place: beside it first, then renamed over it.
public struct HostFile: Sendable, Hashable {
    public var path: String
    public var content: [UInt8]
    /// Permission bits, such as `0o600`.
    public var mode: Int
    /// `user` or `user:group`; root, unless said.
    public var owner: String?

    public init(path: String, content: [UInt8], mode: Int = 0o644, owner: String? = nil) {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
    }

    public init(path: String, text: String, mode: Int = 0o644, owner: String? = nil) {
        self.init(path: path, content: Array(text.utf8), mode: mode, owner: owner)
    }

    public var text: String { String(decoding: content, as: UTF8.self) }
}

/// A user of the host. A password is taken as a hash that crypt(5) knows, and never as itself.
public struct UserAccount: Sendable, Hashable {
    public var name: String
    public var passwordHash: String?
    public var authorizedKeys: [String] = []
    public var groups: [String] = []
    public var primaryGroup: String?
    public var shell: String?
    public var homeDirectory: String?
    public var gecos: String?
    public var uid: Int?
    public var isSystem = false
    public var createsHome = true
    /// Whether logging in with a password is barred.
    public var locksPassword = true

    public init(name: String) { self.name = name }
}

/// Something that holds on a host or does not.
public enum HostCondition: Sendable, Hashable {
    case fileExists(String)
    case serviceActive(String)
    /// The cluster's API server answers `/readyz`.
    case apiServerReady
    /// A Node of that name is there.
    case nodeRegistered(String)
    case nodeReady(String)
    /// etcd's member of that name is a voter, not a learner.
    case etcdMemberVotes(String)
    /// The component (`kubelet`, `kube-apiserver`) runs in that version, written without a leading `v`.
    case versionRuns(component: String, version: String)
    /// The certificate in the first of these files that is there lasts for longer than that, by the host's clock.
    case certificateLasts([String], longerThan: Duration)
    /// `sh -c` ends with 0.
    case shell(String)
    /// `NAME` of os-release matches the regular expression.
    case osName(matches: String)
}

/// One thing to do on a host, with when to do it. Every step may be run again.
public struct HostStep: Sendable, Hashable {
    public enum Operation: Sendable, Hashable {
        case writeFile(HostFile)
        case makeDirectory(path: String, mode: Int)
        /// With everything below it; nothing happens where there is nothing.
        case remove(path: String)
        /// A program and its arguments, without a shell.
        case run([String], timeout: Duration)
        /// `sh -c`.
        case shell(String, timeout: Duration)
        case startService(String)
        case stopService(String)
        case restartService(String)
        case waitFor(HostCondition, timeout: Duration)
        case setHostname(String)
        case ensureUser(UserAccount)
        case authorizeKeys(user: String, keys: [String])
    }

    /// For people and logs.
    public var name: String
    public var operation: Operation
    /// The step is left out unless all of these hold.
    public var onlyIf: [HostCondition]
    /// The step is done already, and left out, when one of these holds.
    public var unless: [HostCondition]
    /// Whether the steps after it run although it fails.
    public var mayFail: Bool

    public init(
        _ name: String, _ operation: Operation, onlyIf: [HostCondition] = [], unless: [HostCondition] = [],
        mayFail: Bool = false
    ) {
        self.name = name
        self.operation = operation
        self.onlyIf = onlyIf
        self.unless = unless
        self.mayFail = mayFail
    }
}
