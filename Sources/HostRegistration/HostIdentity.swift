public import APIServer

/// Who a host is, as its certificate says: the common name `corbel:host:<namespace>:<name>` and the organization
/// `corbel:hosts`. A second organization, `corbel:host-uid:<uid>`, names the very EdgeHost: a certificate of one that
/// was deleted says nothing about another of its name.
public struct HostIdentity: Sendable, Hashable, Comparable {
    public static let group = "corbel:hosts"
    private static let prefix = "corbel:host:"
    private static let uidPrefix = "corbel:host-uid:"

    public var namespace: String
    /// The name of the EdgeHost.
    public var name: String

    public init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// The host behind a user, or `nil` where the user is no host.
    public init?(_ user: UserInfo) {
        guard user.groups.contains(Self.group), user.name.hasPrefix(Self.prefix) else { return nil }
        let parts = user.name.dropFirst(Self.prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(namespace: String(parts[0]), name: String(parts[1]))
    }

    /// The user as a host and nothing else: groups that a host does not have are taken away. `nil` where the user is no
    /// host.
    public static func confining(_ user: UserInfo) -> UserInfo? {
        guard HostIdentity(user) != nil else { return nil }
        let kept = user.groups.filter { $0 == group || $0.hasPrefix(uidPrefix) || $0 == "system:authenticated" }
        return UserInfo(name: user.name, groups: kept)
    }

    public static func < (left: HostIdentity, right: HostIdentity) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }

    public var commonName: String { "\(Self.prefix)\(namespace):\(name)" }

    /// The organizations in the certificate of the EdgeHost with this UID.
    static func groups(ofUID uid: String) -> [String] { [group, uidPrefix + uid] }

    /// Whether the certificate behind a user was issued to the EdgeHost with this UID.
    static func isUser(_ user: UserInfo, hostWithUID uid: String) -> Bool { user.groups.contains(uidPrefix + uid) }

    /// The user as whom the EdgeHost with this UID appears.
    public func user(uid: String) -> UserInfo {
        UserInfo(name: commonName, groups: Self.groups(ofUID: uid) + ["system:authenticated"])
    }
}
