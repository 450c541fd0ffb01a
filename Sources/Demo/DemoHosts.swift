import CorbelAPI
import Effects
import KubeClient
import PKI
import SimulatedHost

/// The demo's machines: writes what each is told, before it is switched on.
struct DemoHosts: Sendable {
    let layout: DemoLayout
    let files: any FileStore

    func deliver(_ number: Int, centre: DemoCentre, token: RegistrationSecret) async throws {
        let directory = layout.hostDirectory(number)
        for part in ["", "/disk", "/disk/etc", "/disk/etc/corbel"] {
            try await files.makeDirectory(directory + part, mode: 0o755)
        }
        try await files.writeDurably(
            directory + "/disk/etc/corbel/centre-ca.pem", centre.kubeconfig.authority, mode: 0o644)
        try await files.writeDurably(directory + "/disk/etc/corbel/token", Array(token.text.utf8), mode: 0o600)
        try await files.writeDurably(
            layout.hostConfigurationPath(layout.hostName(number)), configuration(number, centre).encoded, mode: 0o600)
    }

    private func configuration(_ number: Int, _ centre: DemoCentre) -> JSONValue {
        [
            "directory": .string(layout.hostDirectory(number)), "address": .string(layout.hostAddress(number)),
            "factoryImage": DemoLayout.factoryImage.json, "standinPath": .string(layout.settings.standinPath),
            "agent": [
                "name": .string(layout.hostName(number)), "address": .string(layout.hostAddress(number)),
                "dataDirectory": "/var/lib/corbel",
                "centre": ["url": .string(centre.kubeconfig.server), "authorityFile": "/etc/corbel/centre-ca.pem"],
                "tokenFile": "/etc/corbel/token", "balancerPort": JSONValue(layout.balancerPort(number)),
            ],
        ]
    }
}
