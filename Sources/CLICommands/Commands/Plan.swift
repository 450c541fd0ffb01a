import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import Revisions
import Simulator

/// `corbel plan`.
struct Plan: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what an apply would do, layer by layer and host by host, and changes nothing.",
        discussion: """
            Every change answers with its impact and with the rule that decided it. Without -f the plan shows what \
            the present intent still has to change. A saved plan can be applied exactly; it is refused where its \
            ground has changed since.

            With --rehearse the change is tried out on a cluster in miniature, by the code that would carry it \
            out: when each host is disturbed and for how long, and what would happen if a host stayed away, the \
            new system did not start, the registry or the link were down.

            Exit codes: 0 no changes, 1 failed, 2 there are changes.

              corbel plan -f profiles/infrastructure.yaml
              corbel plan site -f site.yaml --out plan.json
              corbel apply --plan plan.json
              corbel plan site -f site.yaml --rehearse
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The cluster; every cluster that the change touches, unless said.")
    var cluster: String?

    @Option(name: [.customShort("f"), .customLong("filename")], help: "A file, a directory or -. May be repeated.")
    var files: [String] = []

    @Option(help: ArgumentHelp("Save the plan.", valueName: "file"))
    var out: String?

    @Flag(help: "Try the change out in miniature, and show how it would go.")
    var rehearse = false

    func run(in context: CommandContext) async throws -> Int32 {
        let manifests = files.isEmpty ? [] : try await context.manifests(files)
        return try await context.connected(options) { connection in
            var draft = try await PlanDraft(manifests: manifests, cluster: cluster, connection, now: context.time.now)
            if rehearse { try await draft.rehearse { context.progress.event($0) } }
            if let out {
                try await context.save(draft.saved(server: connection.server), at: out)
                context.progress.event("saved: corbel apply --plan \(out)")
            }
            let report = draft.report
            context.console.writeResult(options.output.render(report.json, text: report.text))
            return report.hasChanges ? 2 : 0
        }
    }
}

/// A plan in the making: what the server says that an apply would do, and what the clusters would become.
struct PlanDraft: Sendable {
    private(set) var report: PlanReport
    private let manifests: [Manifest]
    private let survey: PlanSurvey
    private let grounds: [ClusterGround]

    /// - Parameters:
    ///   - cluster: The name of the one cluster to plan.
    ///   - now: What certificates are held against.
    init(manifests: [Manifest], cluster: String?, _ connection: Connection, now: Timestamp) async throws {
        let (client, kinds) = try await connection.discovering()
        let application = ObjectApplication(
            client: client, kinds: kinds, namespace: connection.namespace, force: true, isDryRun: true)
        self.manifests = try application.prepare(manifests)
        var applied: [AppliedObject] = []
        for manifest in self.manifests { applied.append(try await application.apply(manifest)) }
        let namespaces = Set(applied.map(\.object.namespace)).subtracting([""]).union([connection.namespace])
        survey = try await PlanSurvey(connection.client, namespaces: namespaces, applied: applied)
        let written = Set(applied.map(\.object.key))
        let candidates = survey.clusters.filter { cluster == nil || $0.name == cluster }
        if let cluster, candidates.isEmpty {
            let isFile = [".yaml", ".yml", ".json"].contains { cluster.hasSuffix($0) }
            throw CommandFailure(
                "there is no cluster \"\(cluster)\"",
                hint: isFile
                    ? "a file goes behind -f: corbel plan -f \(cluster)" : "`corbel get edgeclusters -A` lists them")
        }
        var images = ImageSizes(connection)
        var plans: [ClusterPlan] = []
        var grounds: [ClusterGround] = []
        for candidate in candidates {
            let ground = survey.ground(of: candidate)
            var plan = try ground.plan()
            plan.imageBytes = try await images.byteCount(of: plan.revision)
            plan.preflight = ground.preflight(of: plan, now: now)
            let isAskedFor = cluster != nil || manifests.isEmpty || written.contains(candidate.key)
            guard isAskedFor || plan.hasChanges else { continue }
            plans.append(plan)
            grounds.append(ground)
        }
        self.grounds = grounds
        report = PlanReport(objects: applied, clusters: plans)
    }

    /// Tries out what each plan says.
    mutating func rehearse(progress: @Sendable (String) -> Void) async throws {
        var rehearsal = PlanRehearsal()
        for index in report.clusters.indices {
            let (plan, ground) = (report.clusters[index], grounds[index])
            guard let running = ground.current, plan.plan.hasChanges else { continue }
            progress("rehearsing the change of \(plan.plan.clusterName)")
            let change = ProposedChange(
                cluster: ground.cluster, from: running, to: plan.revision, plan: plan.plan,
                revisions: ground.revisions, durations: ground.durations, imageBytes: plan.imageBytes)
            do {
                report.clusters[index].forecast = try await rehearsal.forecast(of: change)
            } catch let refusal as RehearsalRefusal {
                throw CommandFailure("\(refusal)", hint: "`corbel plan` without --rehearse shows the plan alone")
            }
        }
    }

    func saved(server: String) -> SavedPlan {
        let written = manifests.map { ($0.object.key, $0.object.apiVersion) }
        let read = grounds.flatMap { ground -> [(ObjectKey, String)] in
            let names = Set(ground.cluster.profiles.map(\.name))
            let profiles = ground.profiles.filter { names.contains($0.profileName) || names.contains($0.name) }
            let packNames = Set(profiles.flatMap(\.layers).compactMap { $0.pack?.name })
            let packs = ground.packs.filter { packNames.contains($0.packName) }
            return [(ground.cluster.key, ground.cluster.apiVersion)] + profiles.map { ($0.key, $0.apiVersion) }
                + packs.map { ($0.key, $0.apiVersion) } + ground.secrets.map { ($0.key, $0.apiVersion) }
        }
        let versions = Dictionary(written + read) { first, _ in first }
        let before = Dictionary(report.objects.map { ($0.object.key, $0.before) }) { first, _ in first }
        return SavedPlan(
            server: server,
            grounds: versions.sorted { $0.key < $1.key }.map { key, version in
                SavedPlan.Ground(key, apiVersion: version, before[key] ?? survey.present(key))
            },
            objects: manifests.map(\.object), report: report.json)
    }
}
