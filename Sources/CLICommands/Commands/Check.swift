import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import ResourceClient

/// `corbel check`.
struct Check: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks the server, the fleet and the clusters, and says what to do about what is wrong.",
        discussion: """
            √ holds, ‼ deserves a look, × is wrong. The exit code is 1 where anything is wrong.

              corbel check --pre        is everything there that a cluster needs?
              corbel check --pre site   and that this one needs?
              corbel check              the server and all clusters of the namespace
              corbel check site -o json
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The cluster; all of the namespace, unless said.")
    var cluster: String?

    @Flag(help: "Check what is needed before a cluster is made: hosts, profiles, packs.")
    var pre = false

    func run(in context: CommandContext) async throws -> Int32 {
        let report = try await report(context)
        context.console.writeResult(options.output.render(report.json, text: report.text))
        return report.hasPassed ? 0 : 1
    }

    /// A server that cannot be reached is what was found, and not the end of the command.
    private func report(_ context: CommandContext) async throws -> CheckReport {
        do {
            return try await context.connected(options) { connection in
                var groups = [try await server(connection, now: context.time.now)]
                groups += try await pre ? fleet(connection) : clusters(connection, now: context.time.now)
                return CheckReport(groups: groups)
            }
        } catch let failure as CommandFailure where failure.isAboutConnection {
            let check = CheckResult.failure("the server answers", failure.message, hint: failure.hint)
            return CheckReport(groups: [CheckGroup(name: "server", checks: [check])])
        }
    }

    private func server(_ connection: Connection, now: Timestamp) async throws -> CheckGroup {
        let version = try await connection.client.document("/version")
        return CheckGroup(
            name: "server",
            checks: [
                ServerChecks.reachable(connection.server, version: version),
                ServerChecks.certificate(until: connection.certificateEnd, now: now),
                ServerChecks.kinds(try await connection.client.discover()),
            ])
    }

    private func fleet(_ connection: Connection) async throws -> [CheckGroup] {
        let (client, namespace) = (connection.client, connection.namespace)
        let profiles = try await client.list(ClusterProfile.self, namespace: namespace)
        let packs = try await client.list(Pack.self, namespace: namespace)
        let hosts = try await client.list(EdgeHost.self, namespace: namespace)
        return [
            CheckGroup(name: "hosts", checks: FleetChecks.hosts(hosts)),
            CheckGroup(name: "profiles", checks: FleetChecks.profiles(profiles, packs: packs)),
        ] + (try await intent(connection, hosts: hosts))
    }

    private func intent(_ connection: Connection, hosts: [EdgeHost]) async throws -> [CheckGroup] {
        guard let cluster else { return [] }
        let survey = try await PlanSurvey(connection.client, namespaces: [connection.namespace], applied: [])
        guard let found = survey.clusters.first(where: { $0.name == cluster }) else {
            throw missing(cluster, connection.namespace)
        }
        return [IntentChecks(ground: survey.ground(of: found), hosts: hosts).group]
    }

    private func missing(_ cluster: String, _ namespace: String) -> CommandFailure {
        CommandFailure(
            "there is no cluster \"\(cluster)\" in the namespace \(namespace)",
            hint: "`corbel get edgeclusters -A` lists them")
    }

    private func clusters(_ connection: Connection, now: Timestamp) async throws -> [CheckGroup] {
        let (client, namespace) = (connection.client, connection.namespace)
        let hosts = try await client.list(EdgeHost.self, namespace: namespace)
        let all = try await client.list(EdgeCluster.self, namespace: namespace)
        let wanted = all.filter { cluster == nil || $0.name == cluster }
        if let cluster, wanted.isEmpty { throw missing(cluster, namespace) }
        return wanted.map { ClusterChecks(cluster: $0, hosts: hosts, now: now).group }
    }
}
