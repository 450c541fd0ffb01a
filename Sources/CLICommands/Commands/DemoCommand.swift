import ArgumentParser
import CorbelAPI
import Demo
import EffectsLinux
import Glibc

/// `corbel demo`: the main job, once, on this machine.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Shows the main job on this machine: bare hosts become a cluster.",
        discussion: """
            Machines exist as directories, each with the real agent, a real etcd and a stand-in for Kubernetes. Nothing
            of this machine is changed outside the data directory; Ctrl-C ends everything.

              corbel demo --data-dir corbel-demo
              kubectl --kubeconfig corbel-demo/centre.kubeconfig get edgehosts,edgeclusters
            """)

    @Option(name: .customLong("data-dir"), help: "Where everything is kept.")
    var dataDirectory = "corbel-demo"

    @Option(help: "How many machines there are.")
    var hosts = 1

    @Option(help: "The directory with the sample packs and profiles.")
    var examples = "examples"

    @Option(help: "How much faster the cluster's time runs, 1 to 30.")
    var speed = 10

    @Flag(help: "End when the cluster serves, rather than stay.")
    var exit = false

    func validate() throws {
        guard (1...5).contains(hosts) else { throw ValidationError("--hosts: \(hosts) is not from 1 to 5") }
        guard (1...30).contains(speed) else { throw ValidationError("--speed: \(speed) is not from 1 to 30") }
    }

    func run() async throws {
        let layout = DemoLayout(
            directory: Self.absolute(dataDirectory), corbelPath: try Self.program("corbel"),
            standinPath: try Self.program("corbel-standin"), examplesDirectory: Self.absolute(examples), speed: speed,
            epoch: SystemClock().now)
        let demo = Demo(layout: layout) { moment in
            let second = Int(moment.second * 10)
            Progress.say("\(second / 10).\(second % 10)s  \(moment.text)")
        }
        try await UntilSignal.run { [hosts, exit] in try await demo.provision(hosts: hosts, thenStay: !exit) }
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
        defer { free(directory) }
        return "\(String(cString: directory))/\(path)"
    }

    /// A program that lies beside this one.
    private static func program(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else {
            throw StatusError(.internalError, "the path of this program cannot be read")
        }
        let path = own[..<slash] + "/" + name
        guard access(String(path), X_OK) == 0 else {
            throw StatusError(.notFound, "\(path) is not there; build it with `make build`")
        }
        return String(path)
    }
}
