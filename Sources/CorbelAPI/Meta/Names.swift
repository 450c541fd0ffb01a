/// A kind within an API group. The core group is the empty string.
public struct GroupKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var group: String
    public var kind: String

    public init(_ group: String, _ kind: String) {
        self.group = group
        self.kind = kind
    }

    /// Tables of kinds are asked all the time, and few groups share the name of a kind.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    public var description: String { group.isEmpty ? kind : "\(kind).\(group)" }

    public static func < (left: GroupKind, right: GroupKind) -> Bool {
        (left.group, left.kind) < (right.group, right.kind)
    }
}

/// A collection of objects within an API group: the plural, lower-case word of a path.
public struct GroupResource: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var group: String
    public var resource: String

    public init(_ group: String, _ resource: String) {
        self.group = group
        self.resource = resource
    }

    public var description: String { group.isEmpty ? resource : "\(resource).\(group)" }

    public static func < (left: GroupResource, right: GroupResource) -> Bool {
        (left.group, left.resource) < (right.group, right.resource)
    }
}

/// A version of an API group, as in `apiVersion`.
public struct GroupVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var group: String
    public var version: String

    public init(_ group: String, _ version: String) {
        self.group = group
        self.version = version
    }

    /// Reads `v1` or `apps/v1`.
    public init?(apiVersion: String) {
        guard let slash = apiVersion.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard !apiVersion.isEmpty else { return nil }
            self.init("", apiVersion)
            return
        }
        let (group, version) = (apiVersion[..<slash], apiVersion[slash...].dropFirst())
        guard !group.isEmpty, !version.isEmpty, !version.utf8.contains(UInt8(ascii: "/")) else { return nil }
        self.init(String(group), String(version))
    }

    /// The group of `apps/v1`; empty for the core group, and where there is no API version.
    public static func group(ofAPIVersion text: String) -> String {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return "" }
        let version = text[slash...].utf8.dropFirst()
        return version.isEmpty || version.contains(UInt8(ascii: "/")) ? "" : String(text[..<slash])
    }

    public var description: String { group.isEmpty ? version : "\(group)/\(version)" }

    public static func < (left: GroupVersion, right: GroupVersion) -> Bool {
        (left.group, left.version) < (right.group, right.version)
    }
}

/// Where one object lives: its kind, its namespace (empty for cluster-scoped kinds) and its name.
public struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var kind: GroupKind
    public var namespace: String
    public var name: String

    public init(_ kind: GroupKind, namespace: String = "", name: String) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    public var description: String {
        namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)"
    }

    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.kind, left.namespace, left.name) < (right.kind, right.namespace, right.name)
    }
}
