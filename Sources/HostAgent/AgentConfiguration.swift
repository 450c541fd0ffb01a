public import CorbelAPI

/// What an agent is told when it is installed. The file is JSON.
///
///     {"name": "host-1", "address": "127.0.1.1", "dataDirectory": "/var/lib/corbel",
///      "centre": {"url": "https://centre:7443", "authorityFile": "/etc/corbel/centre-ca.pem"},
///      "tokenFile": "/etc/corbel/token", "namespace": "default", "balancerPort": 6444}
public struct AgentConfiguration: Sendable, Hashable {
    /// The name of the EdgeHost, and of the Node.
    public var name: String
    /// The host's address within its site.
    public var address: String
    /// Where identity, journal and downloads are kept. It survives every change of slots.
    public var dataDirectory: String
    public var centreURL: String
    /// The file with the centre's authority, PEM.
    public var authorityFile: String
    /// The file with the registration token; absent for a host that was announced by hand.
    public var tokenFile: String?
    /// The project of an announced host; a token names its own.
    public var namespace: String
    /// The port on 127.0.0.1 under which the host reaches its site's API servers, whichever of them are up.
    public var balancerPort: Int
    public var heartbeatInterval: Duration
    public var healthInterval: Duration

    /// - Throws: `invalid`, naming every field that is wrong.
    public init(json: JSONValue) throws {
        var problems: [FieldError] = []
        func text(_ path: [String], required: Bool = true) -> String {
            let field = path.joined(separator: ".")
            guard let value = json[path: path] else {
                if required { problems.append(.required(field)) }
                return ""
            }
            guard let text = value.stringValue, !text.isEmpty else {
                problems.append(.invalid(field, value, "must be a text that is not empty"))
                return ""
            }
            return text
        }
        func seconds(_ field: String, default number: Int) -> Duration {
            guard let value = json[field] else { return .seconds(number) }
            guard let number = value.doubleValue, number > 0, number <= 86_400 else {
                problems.append(.invalid(field, value, "must be a number of seconds above 0 and up to 86400"))
                return .seconds(number)
            }
            return .milliseconds(Int64(number * 1000))
        }
        name = text(["name"])
        address = text(["address"])
        dataDirectory = text(["dataDirectory"])
        centreURL = text(["centre", "url"])
        authorityFile = text(["centre", "authorityFile"])
        let token = text(["tokenFile"], required: false)
        tokenFile = token.isEmpty ? nil : token
        let project = text(["namespace"], required: false)
        namespace = project.isEmpty ? "default" : project
        balancerPort = json["balancerPort"]?.intValue ?? 6444
        if let given = json["balancerPort"], !(1...65535).contains(balancerPort) || given.intValue == nil {
            problems.append(.invalid("balancerPort", given, "must be a port from 1 to 65535"))
        }
        heartbeatInterval = seconds("heartbeatSeconds", default: 30)
        healthInterval = seconds("healthSeconds", default: 5)
        if !centreURL.isEmpty, !centreURL.hasPrefix("https://") {
            problems.append(.invalid("centre.url", .string(centreURL), "must begin with https://"))
        }
        guard problems.isEmpty else { throw StatusError.invalid(GroupKind("", "AgentConfiguration"), name, problems) }
    }
}
