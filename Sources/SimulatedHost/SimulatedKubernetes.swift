import CorbelAPI
import Effects
import EffectsLinux
import KubeClient
import PKI

/// The programs of a simulated slot: `kubeadm`, `kubelet --version`, `etcdctl` (the real one), and the services etcd
/// (the real one), kube-apiserver, kube-controllers and kubelet (stand-ins).
///
/// It answers the very commands that the agent runs on Linux, so that the agent cannot tell the difference.
struct SimulatedKubernetes: CommandRunner {
    let directory: String
    let address: String
    let binaries: SimulatedBinaries
    let files: RootedFiles
    let supervisor: ProcessSupervisor

    /// What runs on the machine is in its process group, and ends when that is killed.
    private let runner = SubprocessRunner(leadsGroups: false)
    private let kubeadm: SimulatedKubeadm

    init(
        _ machine: SimulatedMachine.Configuration, binaries: SimulatedBinaries, disk: LinuxFiles, time: any TimeSource,
        random: SystemRandom
    ) {
        let directory = machine.directory
        let address = machine.address
        self.binaries = binaries
        self.directory = directory
        self.address = address
        let files = RootedFiles(root: directory + "/disk", over: disk)
        self.files = files
        let services = SimulatedServices(
            machine: machine, binaries: binaries, files: files)
        supervisor = ProcessSupervisor { try await services.definition(of: $0) }
        kubeadm = SimulatedKubeadm(
            address: address, files: files, binaries: binaries, services: services, supervisor: supervisor, time: time,
            pki: SimulatedPKI(files: files, random: random),
            etcd: SimulatedEtcdMembership(address: address, files: files, time: time))
    }

    /// Starts, after a boot, what was running before it.
    func resume() async throws {
        guard try await files.exists("/etc/kubernetes/kubelet.conf") else { return }
        try await kubeadm.startServices()
    }

    func run(_ command: Command) async throws -> CommandResult {
        switch command.program {
        case "kubeadm": return await kubeadm.run(command.arguments)
        case "kubelet":
            let version = try await binaries.kubernetesVersion()
            return CommandResult(.exited(0), output: Array("Kubernetes v\(version)\n".utf8))
        case "sh" where command.arguments.last?.hasPrefix("crictl ps") == true:
            let component = command.arguments.last?.split(separator: "^").last?.split(separator: "$").first
            try await kubeadm.restart(component.map(String.init) ?? "")
            return CommandResult(.exited(0))
        case "etcdctl": return try await runner.run(rooted(command))
        case "ip":
            // Every address of 127.0.0.0/8 is there already; an interface that nobody can name is left alone.
            return CommandResult(.exited(0))
        case "hostnamectl", "useradd", "usermod", "chown", "passwd", "chpasswd", "id":
            // The machine has no users of its own; its files belong to whoever runs it.
            return CommandResult(.exited(0))
        default: throw EffectError(.notFound, "the simulated host has no program \(command.program)")
        }
    }

    /// The command with the host's paths as they are outside it.
    private func rooted(_ command: Command) -> Command {
        var command = command
        command.arguments = command.arguments.map { argument in
            for prefix in ["/etc/", "/var/"] {
                if argument.hasPrefix(prefix) { return files.outside(argument) }
                if let range = argument.firstRange(of: "=" + prefix) {
                    return argument.replacingCharacters(in: range, with: "=" + files.root + prefix)
                }
            }
            return argument
        }
        return command
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
