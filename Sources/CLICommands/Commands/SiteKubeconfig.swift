import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import PKI
import ResourceClient

/// `corbel kubeconfig`.
struct SiteKubeconfig: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig",
        abstract: "Asks a site for a kubeconfig of its API server, and prints it.",
        discussion: """
            The centre keeps no credentials of a site. The key is made here and stays here; the site signs a certificate \
            for it that ends by itself, and the centre only carries question and answer.

              corbel kubeconfig site --out site.kubeconfig
              corbel kubeconfig site --role view --expires 1h > site.kubeconfig
              kubectl --kubeconfig site.kubeconfig get nodes
            """)

    /// What one may do at the site.
    enum Role: String, ExpressibleByArgument, CaseIterable, Sendable {
        case admin, view

        var siteRole: CertificateSigningRequest.SiteRole {
            switch self {
            case .admin: .admin
            case .view: .view
            }
        }
    }

    private static let validities: ClosedRange<Duration> = .seconds(600)...(.seconds(86_400))

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The cluster.")
    var cluster: String

    @Option(help: "What it is good for: admin may do everything, view may read everything but Secrets.")
    var role = Role.admin

    @Option(help: "How long it is good for, 10m to 1d.")
    var expires = DurationArgument(.seconds(8 * 3600))

    @Option(help: "How long to wait for the site, such as 90s or 10m.")
    var timeout = DurationArgument(.seconds(120))

    @Option(help: ArgumentHelp("Write it to a file that only you can read.", valueName: "file"))
    var out: String?

    func validate() throws {
        guard Self.validities.contains(expires.duration) else {
            throw ValidationError("--expires: \(expires.defaultValueDescription) is not from 10m to 1d")
        }
    }

    func run(in context: CommandContext) async throws -> Int32 {
        try await context.connected(options) { connection in
            let key = EdgeCluster.key(namespace: connection.namespace, name: cluster)
            let edgeCluster = EdgeCluster(try await connection.client.get(key))
            let request = AccessRequest(
                cluster: edgeCluster, access: try SiteAccess(of: edgeCluster), user: connection.user,
                role: role.siteRole, validity: expires.duration)
            let privateKey = PrivateKey()
            let certificate = try await context.certificate(
                for: request, privateKey, connection.client, timeout: timeout.duration)
            let (file, end) = try request.kubeconfig(certificate, privateKey)
            context.progress.event("the certificate of \(connection.user) ends at \(end)")
            try await show(file, until: end, in: context)
        }
        return 0
    }

    private func show(_ file: Kubeconfig, until end: Timestamp, in context: CommandContext) async throws {
        if let out {
            try await context.files.writeDurably(context.absolute(out), Array(file.text.utf8), mode: 0o600)
            context.progress.event("written to \(out)")
        }
        let json: JSONValue = [
            "cluster": .string(cluster), "server": .string(file.server), "expires": .string(end.rfc3339),
            "kubeconfig": .string(file.text),
        ]
        context.console.writeResult(options.output.render(json, text: out == nil ? file.text : ""))
    }
}
