/// What goes wrong in a rehearsal.
public enum Mishap: Sendable, Hashable {
    /// A host does not come back once it is disturbed.
    case staysAway(String)
    /// The new operating system does not start on a host.
    case doesNotStart(String)
    /// The new operating system starts on a host, and the kubelet does not.
    case isSick(String)
    /// A host is lost while another is disturbed.
    case isLost(String, during: String)
    /// Pods of a workload (`namespace/name`) that have left a host do not become ready anywhere else.
    case podsStayAway(String)
    /// The registry does not answer for the first ten minutes.
    case slowRegistry
    /// The link to the centre is gone from the approval on.
    case noLink

    /// One word in CamelCase that programs branch on.
    public var reason: String {
        switch self {
        case .staysAway: "HostStaysAway"
        case .doesNotStart: "ImageDoesNotStart"
        case .isSick: "ImageIsSick"
        case .isLost: "AnotherHostLost"
        case .podsStayAway: "PodsStayAway"
        case .slowRegistry: "RegistryDown"
        case .noLink: "LinkDown"
        }
    }

    public var text: String {
        switch self {
        case .staysAway(let host): "\(host) does not come back"
        case .doesNotStart(let host): "the new system does not start on \(host)"
        case .isSick(let host): "the kubelet does not start on \(host) with the new system"
        case .isLost(let host, let other): "\(host) is lost while \(other) is down"
        case .podsStayAway(let workload): "pods of \(workload) that have left a host do not become ready again"
        case .slowRegistry: "the registry does not answer for ten minutes"
        case .noLink: "the link to the centre is down throughout"
        }
    }

    /// The host that it strikes, where it is one.
    public var host: String? {
        switch self {
        case .staysAway(let host), .doesNotStart(let host), .isSick(let host), .isLost(let host, _): host
        case .podsStayAway, .slowRegistry, .noLink: nil
        }
    }
}
