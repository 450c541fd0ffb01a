import CorbelAPI
import SimulatedHost

/// Where a stage keeps its things, and what its machines are.
///
///     DIR/centre.kubeconfig, DIR/<cluster>.kubeconfig   of the stage that was set last
///     DIR/<scenario>[/<act>]/
///         centre/        the centre's data directory
///         hosts/host-1/  a machine; its configuration lies beside it
///         logs/          what the programs say
struct DemoLayout: Sendable {
    /// The cluster that all scenarios are about.
    static let clusterName = "shop-1"
    /// The image that the infrastructure profile names.
    static let factoryImage = SimulatedImage(version: "2.1.0", kubernetesVersion: "1.33.6")

    /// The next version of the operating system, which carries the same Kubernetes.
    static let nextImage = SimulatedImage(version: "2.2.0", kubernetesVersion: factoryImage.kubernetesVersion)

    /// The same without a driver that one machine needs.
    static func nextImage(sickOn host: String) -> SimulatedImage {
        SimulatedImage(
            version: nextImage.version, kubernetesVersion: nextImage.kubernetesVersion, behaviour: .sick, on: [host])
    }

    let settings: DemoSettings
    let addresses: DemoAddresses
    let directory: String
    let hosts: Int
    /// The moment from which the cluster's time runs faster.
    let epoch: Timestamp

    init(_ settings: DemoSettings, _ addresses: DemoAddresses, place: String, hosts: Int, epoch: Timestamp) {
        self.settings = settings
        self.addresses = addresses
        directory = "\(settings.directory)/\(place)"
        self.hosts = hosts
        self.epoch = epoch
    }

    var centreDirectory: String { directory + "/centre" }
    var hostsDirectory: String { directory + "/hosts" }

    /// The administrator's kubeconfigs, where people find them.
    var centreKubeconfigPath: String { settings.directory + "/centre.kubeconfig" }
    var siteKubeconfigPath: String { "\(settings.directory)/\(Self.clusterName).kubeconfig" }

    /// An update that somebody may play with once the stage stays.
    var nextSystemPath: String { DemoSettings.nextSystemPath(in: settings.directory) }

    func logPath(_ program: String) -> String { "\(directory)/logs/\(program).log" }

    func hostName(_ number: Int) -> String { "host-\(number)" }
    func hostDirectory(_ number: Int) -> String { "\(hostsDirectory)/\(hostName(number))" }
    func hostConfigurationPath(_ name: String) -> String { "\(hostsDirectory)/\(name).json" }
    func hostAddress(_ number: Int) -> String { addresses.host(number) }
    func balancerPort(_ number: Int) -> Int { addresses.balancerPort(number) }
}
