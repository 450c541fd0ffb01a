public import CorbelAPI
import SimulatedHost

/// Where a demo keeps its things, and what its machines are.
public struct DemoLayout: Sendable {
    public var directory: String
    /// The program `corbel` and its neighbour `corbel-standin`.
    public var corbelPath: String
    public var standinPath: String
    /// The directory with `packs` and `profiles`.
    public var examplesDirectory: String
    public var speed: Int
    /// The moment from which the cluster's time runs faster.
    public var epoch: Timestamp

    public init(
        directory: String, corbelPath: String, standinPath: String, examplesDirectory: String, speed: Int,
        epoch: Timestamp
    ) {
        self.directory = directory
        self.corbelPath = corbelPath
        self.standinPath = standinPath
        self.examplesDirectory = examplesDirectory
        self.speed = speed
        self.epoch = epoch
    }

    var centreDirectory: String { directory + "/centre" }
    var centreKubeconfigPath: String { directory + "/centre.kubeconfig" }

    func hostDirectory(_ number: Int) -> String { "\(directory)/hosts/host-\(number)" }

    func hostName(_ number: Int) -> String { "host-\(number)" }

    /// Each host has an address of its own on loopback.
    func hostAddress(_ number: Int) -> String { "127.0.1.\(number)" }

    /// All hosts share 127.0.0.1, so each has its balancer on a port of its own.
    func balancerPort(_ number: Int) -> Int { 16_440 + number }

    /// The image that the infrastructure profile names.
    static let factoryImage = SimulatedImage(version: "2.1.0", kubernetesVersion: "1.33.6")
}
