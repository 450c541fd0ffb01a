public import CorbelAPI

/// An image of the simulated operating system: a JSON document that says which versions it carries and how it behaves.
public struct SimulatedImage: Sendable, Hashable {
    public enum Behaviour: String, Sendable, Hashable {
        case good
        /// The kernel panics: the machine goes down at once.
        case panics
        /// Nothing more happens until the watchdog bites.
        case hangs
        /// The agent runs, and kubelet never gets its node Ready.
        case sick
    }

    public var version: String
    public var kubernetesVersion: String
    public var behaviour: Behaviour
    /// The hosts that it behaves so on, as a kernel may that lacks a driver; empty means all of them.
    public var hosts: [String]

    public init(version: String, kubernetesVersion: String, behaviour: Behaviour = .good, on hosts: [String] = []) {
        self.version = version
        self.kubernetesVersion = kubernetesVersion
        self.behaviour = behaviour
        self.hosts = hosts
    }

    /// How the image behaves on a host.
    func behaviour(on host: String) -> Behaviour { hosts.isEmpty || hosts.contains(host) ? behaviour : .good }

    init(json: JSONValue) {
        version = json["version"]?.stringValue ?? ""
        kubernetesVersion = json["kubernetesVersion"]?.stringValue ?? ""
        behaviour = json["behaviour"]?.stringValue.flatMap(Behaviour.init) ?? .good
        hosts = json["hosts"]?.stringList ?? []
    }

    public var json: JSONValue {
        var json: JSONValue = [
            "simulatedImage": "v1", "version": .string(version), "kubernetesVersion": .string(kubernetesVersion),
            "behaviour": .string(behaviour.rawValue),
        ]
        if !hosts.isEmpty { json["hosts"] = JSONValue(hosts) }
        return json
    }
}
