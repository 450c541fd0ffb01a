/// Who may import whom: the plan of the house as data.
///
/// A module that does not exist yet may stand here; a module that exists must. Whoever changes an arrow changes this
/// table, `Package.swift` and `docs/modules.md` together, and the tests hold the three to each other.
struct Layering: Sendable {
    /// How high a module stands. Arrows never point up.
    enum Level: Int, Comparable, Sendable {
        case types, domain, adapters, surfaces, programs

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    struct Module: Sendable {
        var name: String
        var level: Level
        /// No I/O, no clock, no randomness, nothing asynchronous; imports only pure modules.
        var isPure: Bool
        /// The project's modules that it may import.
        var imports: Set<String>
        /// The modules of the toolchain that it may import beyond Swift's own.
        var standard: Set<String>
        /// Whether it brings all of Foundation with it, itself or through the library that it owns. The agent links no
        /// such module.
        var bringsFoundation: Bool
    }

    /// A module that imports a library of another owner, and why it does.
    struct OwnerException: Sendable {
        var library: String
        var importer: String
        var because: String
    }

    var modules: [String: Module]
    /// The one module that imports each third-party module. A trailing `*` stands for any ending.
    var owners: [String: String]
    var exceptions: [OwnerException] = []
    /// Interface packages: their types are how libraries meet, so any module that is not pure may import them.
    var shared: Set<String> = []

    init(_ modules: [Module], owners: [String: String], exceptions: [OwnerException] = [], shared: Set<String> = []) {
        self.modules = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0) })
        self.owners = owners
        self.exceptions = exceptions
        self.shared = shared
    }

    func owner(of library: String) -> String? {
        if let owner = owners[library] { return owner }
        return owners.first { $0.key.hasSuffix("*") && library.hasPrefix(String($0.key.dropLast())) }?.value
    }

    /// Everything that a module may end up linking.
    func reachable(from name: String) -> Set<String> {
        var seen: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            if seen.insert(next).inserted { open += modules[next]?.imports ?? [] }
        }
        return seen
    }
}

extension Layering {
    /// A module of functions and values.
    private static func pure(
        _ name: String, _ level: Level, _ imports: Set<String> = [], bringsFoundation: Bool = false
    ) -> Module {
        Module(
            name: name, level: level, isPure: true, imports: imports, standard: [], bringsFoundation: bringsFoundation)
    }

    /// A module of the asynchronous shell.
    private static func shell(
        _ name: String, _ level: Level, _ imports: Set<String>, and standard: Set<String> = []
    ) -> Module {
        Module(
            name: name, level: level, isPure: false, imports: imports,
            standard: standard.union(["FoundationEssentials", "Synchronization"]),
            bringsFoundation: standard.contains("Foundation"))
    }

    static let corbel = Layering(
        types + pureDomain + shellDomain + adapters + surfaces + programs,
        owners: [
            "Yams": "YAML",
            "GRDB": "StoreSQLite",
            "AsyncHTTPClient": "HTTPTransport", "NIOPosix": "Balancer",
            "X509": "PKI", "Crypto": "PKI", "SwiftASN1": "PKI",
            "Subprocess": "EffectsLinux", "SystemPackage": "EffectsLinux",
            "Hummingbird*": "HTTPFront", "HTTPTypes": "HTTPFront",
            "ArgumentParser": "CLICommands", "UnixSignals": "EffectsLinux",
        ],
        exceptions: [
            OwnerException(
                library: "ArgumentParser", importer: "corbel", because: "a program declares its root command"),
            OwnerException(
                library: "ArgumentParser", importer: "corbel-standin",
                because: "it is a program of its own, which shares no command with corbel"),
        ],
        shared: ["Logging", "ServiceLifecycle", "NIOCore", "NIOHTTP1", "NIOFoundationEssentialsCompat", "NIOSSL"])

    private static let types = [
        pure("CorbelAPI", .types),
        shell("Effects", .types, ["CorbelAPI"]),
    ]

    private static let pureDomain = [
        pure("YAML", .domain, ["CorbelAPI"], bringsFoundation: true),
        pure("ControlLoop", .domain, ["CorbelAPI"]),
        pure("APIMachinery", .domain, ["CorbelAPI"]),
        pure("Revisions", .domain, ["CorbelAPI"]),
        pure("Profiles", .domain, ["CorbelAPI", "Revisions", "HostPlan", "YAML"]),
        pure("HostPlan", .domain, ["CorbelAPI"]),
        pure("Distros", .domain, ["CorbelAPI", "HostPlan"]),
        pure("Lifecycle", .domain, ["CorbelAPI", "ControlLoop", "APIMachinery", "Revisions", "HostPlan", "Distros"]),
    ]

    private static let shellDomain = [
        shell("ResourceStore", .domain, ["CorbelAPI"]),
        shell("ResourceClient", .domain, ["CorbelAPI", "APIMachinery"]),
        shell("OCI", .domain, ["CorbelAPI", "Effects"]),
    ]

    private static let adapters = [
        pure(
            "Simulator", .adapters,
            ["CorbelAPI", "ControlLoop", "APIMachinery", "Revisions", "Profiles", "HostPlan", "Distros", "Lifecycle"]),
        shell("ClientConformance", .adapters, ["CorbelAPI", "APIMachinery", "ResourceClient"]),
        shell("ScriptedEffects", .adapters, ["CorbelAPI", "Effects", "EffectsLinux"], and: ["Glibc"]),
        shell("StoreConformance", .adapters, ["CorbelAPI", "ResourceStore"], and: ["Testing"]),
        shell("StoreSQLite", .adapters, ["CorbelAPI", "ResourceStore"], and: ["Foundation"]),
        shell("StoreEtcd", .adapters, ["CorbelAPI", "Effects", "ResourceStore", "HTTPTransport"]),
        shell("HTTPTransport", .adapters, ["CorbelAPI", "Effects"]),
        shell("HostLinux", .adapters, ["CorbelAPI", "Effects", "PKI"]),
        shell("Balancer", .adapters, ["Effects"], and: ["Glibc"]),
        shell("KubeClient", .adapters, ["CorbelAPI", "Effects", "APIMachinery", "ResourceClient", "HTTPTransport"]),
        shell("PKI", .adapters, ["CorbelAPI", "Effects"]),
        shell("EffectsLinux", .adapters, ["CorbelAPI", "Effects"], and: ["Glibc", "Dispatch"]),
        shell("APIServer", .adapters, ["CorbelAPI", "Effects", "APIMachinery", "ResourceStore", "ResourceClient"]),
        shell(
            "ControllerRuntime", .adapters, ["CorbelAPI", "Effects", "ControlLoop", "APIMachinery", "ResourceClient"]),
        shell("Registry", .adapters, ["CorbelAPI", "Effects", "OCI", "APIServer"]),
        shell("Audit", .adapters, ["CorbelAPI", "Effects", "PKI", "APIServer"]),
        shell(
            "HostRegistration", .adapters,
            ["CorbelAPI", "Effects", "ControlLoop", "PKI", "APIServer", "ResourceClient"]),
        shell("Console", .adapters, ["CorbelAPI", "Effects", "APIMachinery", "ResourceClient"]),
    ]

    private static let surfaces = [
        shell(
            "HostAgent", .surfaces,
            [
                "CorbelAPI", "Effects", "ControlLoop", "APIMachinery", "Revisions", "HostPlan", "Distros", "Lifecycle",
                "ResourceClient", "OCI", "KubeClient", "PKI", "ControllerRuntime",
            ]),
        shell(
            "HTTPFront", .surfaces,
            [
                "CorbelAPI", "Effects", "EffectsLinux", "APIMachinery", "ResourceClient", "PKI", "APIServer",
                "Registry",
                "Console",
            ],
            and: ["Glibc"]),
        shell(
            "Centre", .surfaces,
            [
                "CorbelAPI", "Effects", "YAML", "ControlLoop", "APIMachinery", "Revisions", "Profiles", "Lifecycle",
                "ResourceStore",
                "ResourceClient", "KubeClient", "PKI", "APIServer", "Audit", "ControllerRuntime", "Registry",
                "HostRegistration", "HTTPFront",
            ]),
        shell(
            "SiteStandin", .surfaces,
            [
                "CorbelAPI", "Effects", "ControlLoop", "APIMachinery", "ResourceStore", "ResourceClient", "StoreEtcd",
                "HTTPTransport", "KubeClient", "PKI", "APIServer", "ControllerRuntime", "HostRegistration", "HTTPFront",
            ]),
        shell(
            "SimulatedHost", .surfaces,
            [
                "CorbelAPI", "Effects", "EffectsLinux", "HostPlan", "Distros", "OCI", "HostAgent", "HTTPTransport",
                "Balancer", "KubeClient", "PKI", "ResourceClient",
            ]),
        shell(
            "Demo", .surfaces,
            [
                "CorbelAPI", "Effects", "EffectsLinux", "YAML", "APIMachinery", "Revisions", "ResourceClient",
                "HTTPTransport", "KubeClient", "PKI", "Simulator", "SimulatedHost",
            ]),
        shell(
            "CLICommands", .surfaces,
            [
                "CorbelAPI", "Effects", "EffectsLinux", "YAML", "ControlLoop", "APIMachinery", "Revisions", "Profiles",
                "HostPlan",
                "Distros", "Lifecycle", "ResourceStore", "ResourceClient", "OCI", "Simulator", "StoreSQLite",
                "StoreEtcd",
                "HTTPTransport", "KubeClient", "PKI", "APIServer", "Audit", "ControllerRuntime", "Registry", "Console",
                "HostAgent", "HTTPFront", "Centre", "Demo", "SiteStandin", "SimulatedHost",
            ], and: ["Glibc"]),
    ]

    private static let programs = [
        shell("corbel", .programs, ["CorbelAPI", "CLICommands", "EffectsLinux"], and: ["Glibc"]),
        shell(
            "corbel-standin", .programs,
            ["CorbelAPI", "Effects", "EffectsLinux", "SiteStandin", "SimulatedHost"], and: ["Glibc"]),
        shell(
            "corbel-agent", .programs,
            [
                "CorbelAPI", "Effects", "EffectsLinux", "HTTPTransport", "HostLinux", "Balancer", "ResourceClient",
                "KubeClient", "PKI", "HostAgent", "HTTPFront",
            ],
            and: ["Glibc"]),
    ]
}
