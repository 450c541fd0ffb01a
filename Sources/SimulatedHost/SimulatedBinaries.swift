import CorbelAPI
import Effects

/// Which version of Kubernetes the programs of the booted slot are: the image's, or the one that an upgrade in place
/// has laid over it. What lies over a slot goes when the slot is written anew.
struct SimulatedBinaries: Sendable {
    let files: any FileStore
    /// The slot's directory.
    let directory: String
    let image: SimulatedImage

    private static func path(in directory: String) -> String { directory + "/kubernetes-overlay.json" }

    func kubernetesVersion() async throws -> String {
        let path = Self.path(in: directory)
        guard try await files.exists(path) else { return image.kubernetesVersion }
        let json = try JSONValue(parsing: try await files.read(path, limit: 1 << 16))
        return json["kubernetesVersion"]?.stringValue ?? image.kubernetesVersion
    }

    /// Lays the programs of a version over the slot.
    func install(_ version: String) async throws {
        let json: JSONValue = ["kubernetesVersion": .string(version)]
        try await files.writeDurably(Self.path(in: directory), json.encoded, mode: 0o644)
    }

    /// Takes away what lies over a slot.
    static func remove(from directory: String, _ files: any FileStore) async throws {
        if try await files.exists(path(in: directory)) { try await files.remove(path(in: directory)) }
    }
}
