import CorbelAPI

/// What `/version` answers. The numbers are those of the Kubernetes release whose API this server follows; the rest
/// says that it is Corbel.
struct ServerVersion: Sendable {
    /// Corbel's own version.
    var corbel: String

    static let major = "1"
    static let minor = "33"

    var json: JSONValue {
        [
            "major": .string(Self.major), "minor": .string(Self.minor),
            "gitVersion": .string("v\(Self.major).\(Self.minor).0+corbel-\(corbel)"), "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
        ]
    }
}
