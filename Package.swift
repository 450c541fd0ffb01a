// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target: a file says which of its imports are part of its interface, existentials are
// written as such, and a warning is an error.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// What decides is run thousands of times by tests and by the simulator. Optimised in debug builds too, it takes a tenth
// of the time (see `docs/decisions/optimised-core.md`).
let optimised = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

// Third-party products. Each has exactly one owning module; `docs/decisions/` says why it is here.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

let package = Package(
    name: "corbel",
    dependencies: [
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    ],
    targets: [
        // L0: nothing below.
        module("CorbelAPI", settings: optimised),
        module("Effects", ["CorbelAPI"]),

        // L1, pure: no I/O, no clock, no randomness, nothing asynchronous.
        module("YAML", ["CorbelAPI", yams]),
        module("ControlLoop", ["CorbelAPI"], settings: optimised),
        module("APIMachinery", ["CorbelAPI"]),
        module("Revisions", ["CorbelAPI"], settings: optimised),
        module("Profiles", ["CorbelAPI", "Revisions", "HostPlan", "YAML"]),
        module("HostPlan", ["CorbelAPI"], settings: optimised),
        module("Distros", ["CorbelAPI", "HostPlan"]),
        module("Lifecycle", ["CorbelAPI", "ControlLoop", "Revisions", "HostPlan", "Distros"], settings: optimised),

        // L1: protocols of the asynchronous shell.
        module("ResourceStore", ["CorbelAPI"]),
        module("ResourceClient", ["CorbelAPI", "APIMachinery"]),

        // L2, pure: the world in miniature.
        module(
            "Simulator",
            ["CorbelAPI", "ControlLoop", "APIMachinery", "Revisions", "HostPlan", "Lifecycle"], settings: optimised),

        // L2: adapters to the world, and the API server without a transport.
        module("EffectsLinux", ["CorbelAPI", "Effects", subprocess, system, unixSignals]),
        module("PKI", ["CorbelAPI", "Effects", x509, crypto, swiftASN1]),
        module("HTTPTransport", ["CorbelAPI", "Effects", asyncHTTPClient, nioCore, nioSSL, nioFoundation, nioHTTP1]),
        module("HostLinux", ["CorbelAPI", "Effects", "PKI"]),
        module("Balancer", ["Effects", nioCore, nioPosix]),
        module("ClientConformance", ["CorbelAPI", "APIMachinery", "ResourceClient"]),
        module("StoreConformance", ["CorbelAPI", "ResourceStore"]),
        module("StoreSQLite", ["CorbelAPI", "ResourceStore", grdb]),
        module("StoreEtcd", ["CorbelAPI", "Effects", "ResourceStore"]),
        module("KubeClient", ["CorbelAPI", "Effects", "APIMachinery", "ResourceClient"]),
        module("APIServer", ["CorbelAPI", "Effects", "APIMachinery", "ResourceStore", "ResourceClient", logging]),

        module(
            "ControllerRuntime", ["CorbelAPI", "Effects", "APIMachinery", "ControlLoop", "ResourceClient", logging]),
        module("Registry", ["CorbelAPI", "Effects", "APIServer"]),
        module("Audit", ["CorbelAPI", "Effects", "PKI", "APIServer", logging]),
        module(
            "HostRegistration", ["CorbelAPI", "Effects", "ControlLoop", "PKI", "APIServer", "ResourceClient", logging]),

        module("ScriptedEffects", ["CorbelAPI", "Effects", "EffectsLinux"]),

        // L3: transports and commands.
        module(
            "HTTPFront",
            [
                "CorbelAPI", "EffectsLinux", "APIServer", hummingbird, hummingbirdTLS, hummingbirdHTTP2, httpTypes,
                logging,
                serviceLifecycle,
                nioCore, nioSSL,
            ]),
        module(
            "HostAgent",
            [
                "CorbelAPI", "Effects", "APIMachinery", "ControlLoop", "ControllerRuntime", "Lifecycle", "HostPlan",
                "Distros", "PKI", "ResourceClient", "KubeClient", logging,
            ]),
        module(
            "SimulatedHost",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "HostPlan", "HostAgent", "PKI", "ResourceClient", "KubeClient",
                "HTTPTransport", "Balancer", logging,
            ]),
        module(
            "Centre",
            [
                "CorbelAPI", "Effects", "YAML", "APIMachinery", "ControlLoop", "Revisions", "Profiles", "Lifecycle",
                "ResourceStore", "ResourceClient",
                "KubeClient", "PKI", "APIServer", "Audit", "ControllerRuntime", "Registry", "HostRegistration",
                "HTTPFront",
                logging,
                serviceLifecycle,
            ]),
        module(
            "SiteStandin",
            [
                "CorbelAPI", "Effects", "PKI", "ControlLoop", "APIMachinery", "ResourceStore", "ResourceClient",
                "HTTPTransport",
                "StoreEtcd", "KubeClient", "APIServer", "ControllerRuntime", "HostRegistration", "HTTPFront", logging,
            ]),
        module(
            "Demo",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "APIMachinery", "HTTPTransport", "KubeClient", "PKI",
                "ResourceClient", "Revisions", "Simulator", "SimulatedHost", "YAML",
            ]),
        module(
            "CLICommands",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "YAML", "APIMachinery", "Revisions", "Profiles", "Lifecycle",
                "PKI",
                "ResourceStore", "ResourceClient", "StoreSQLite", "Simulator", "HTTPTransport", "KubeClient", "Audit",
                "Centre", "Demo",
                argumentParser, logging,
            ]),

        // L4: composition.
        program("corbel", ["CorbelAPI", "CLICommands", argumentParser]),
        program(
            "corbel-agent",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "HTTPTransport", "HostAgent", "HostLinux", "Balancer", logging,
            ]),
        program(
            "corbel-standin",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "SiteStandin", "SimulatedHost", argumentParser, logging,
            ]),

        // Tests.
        tests("HouseTests", []),
        tests("CorbelAPITests", ["CorbelAPI"]),
        tests("YAMLTests", ["CorbelAPI", "YAML"]),
        tests("ControlLoopTests", ["CorbelAPI", "ControlLoop"]),
        tests("APIMachineryTests", ["CorbelAPI", "APIMachinery"]),
        tests("RevisionsTests", ["CorbelAPI", "Revisions"]),
        tests("ProfilesTests", ["CorbelAPI", "Profiles", "Revisions", "YAML"]),
        tests("HostPlanTests", ["CorbelAPI", "HostPlan"]),
        tests("DistrosTests", ["CorbelAPI", "HostPlan", "Distros"]),
        tests(
            "LifecycleTests",
            ["CorbelAPI", "ControlLoop", "APIMachinery", "Revisions", "HostPlan", "Distros", "Lifecycle"]),
        tests("SimulatorTests", ["CorbelAPI", "ControlLoop", "HostPlan", "Lifecycle", "Simulator"]),
        tests("EffectsLinuxTests", ["CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects"]),
        tests(
            "BalancerTests",
            ["CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "Balancer", nioCore, nioPosix, nioEmbedded]),
        tests("HostLinuxTests", ["CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI", "HostLinux"]),
        tests(
            "HostAgentTests",
            [
                "CorbelAPI", "Effects", "ScriptedEffects", "HostPlan", "Distros", "PKI", "ResourceClient", "KubeClient",
                "HostAgent", logging,
            ]),
        tests(
            "ServeTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI", "APIMachinery", "HTTPTransport",
                "ResourceClient", "Revisions",
                "KubeClient", "Audit", "corbel",
            ]),
        tests(
            "ControllerRuntimeTests",
            [
                "CorbelAPI", "Effects", "ScriptedEffects", "APIMachinery", "ControlLoop", "ResourceStore",
                "ResourceClient", "APIServer", "ControllerRuntime", logging,
            ]),
        tests("AgentProgramTests", ["CorbelAPI", "Effects", "EffectsLinux", "corbel-agent"]),
        tests("ResourceStoreTests", ["CorbelAPI", "ResourceStore", "StoreConformance"]),
        tests("StoreSQLiteTests", ["CorbelAPI", "ResourceStore", "StoreConformance", "StoreSQLite", grdb]),
        tests(
            "StoreEtcdTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "HTTPTransport", "ResourceStore", "StoreConformance",
                "StoreEtcd",
            ]),
        tests(
            "SiteStandinTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "PKI", "ControlLoop", "APIMachinery", "APIServer",
                "ResourceStore", "ResourceClient", "HTTPTransport",
                "KubeClient", "HostRegistration", "HostAgent", "SiteStandin", logging,
            ]),
        tests(
            "APIServerTests",
            [
                "CorbelAPI", "Effects", "ScriptedEffects", "APIMachinery", "ResourceStore", "ResourceClient",
                "ClientConformance",
                "APIServer", logging,
            ]),
        tests(
            "HostRegistrationTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI", "APIMachinery", "ResourceStore",
                "ResourceClient",
                "APIServer", "HostRegistration", "HostAgent", logging,
            ]),
        tests(
            "CentreTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI", "HTTPTransport", "ResourceStore",
                "StoreSQLite",
                "ResourceClient", "APIMachinery", "Revisions",
                "ClientConformance", "KubeClient", "APIServer", "Audit", "HostRegistration", "Centre", "corbel",
                logging,
            ]),
        tests(
            "AuditTests",
            ["CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "APIServer", "Audit", logging]),
        tests("DemoScenarioTests", ["CorbelAPI", "Demo"]),
        tests("DemoTests", ["CorbelAPI", "Demo", "Effects", "EffectsLinux", "corbel", "corbel-standin"]),
        tests("PKITests", ["CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI"]),
        tests(
            "CLICommandsTests",
            [
                "CorbelAPI", "Effects", "EffectsLinux", "ScriptedEffects", "PKI", "APIMachinery", "Revisions",
                "ResourceStore",
                "ResourceClient",
                "HTTPTransport", "KubeClient", "APIServer", "Centre", "CLICommands", argumentParser, logging,
            ]),

    ]
)
