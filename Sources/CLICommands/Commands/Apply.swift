import ArgumentParser
import CorbelAPI
import KubeClient

/// `corbel apply`.
struct Apply: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Applies objects on the server's side, and waits until the clusters among them are healthy.",
        discussion: """
            Files hold YAML documents or JSON; a directory stands for all of its files, - for standard input. \
            Nothing is written unless every object can be read. A change to a running cluster waits for an \
            approval, and the command says so.

              corbel apply -f profiles/ -f site.yaml
              corbel plan -f site.yaml --out plan.json && corbel apply --plan plan.json
              kubectl kustomize . | corbel apply -f - --no-wait
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var waiting: WaitOptions

    @Option(name: [.customShort("f"), .customLong("filename")], help: "A file, a directory or -. May be repeated.")
    var files: [String] = []

    @Option(help: "A plan that `corbel plan --out` saved: applied exactly, or refused where its ground has changed.")
    var plan: String?

    @Flag(name: .customLong("dry-run"), help: "Let the server check everything and store nothing.")
    var isDryRun = false

    @Flag(name: .customLong("force-conflicts"), help: "Take over fields that other managers own.")
    var forcesConflicts = false

    func validate() throws {
        guard files.isEmpty != (plan == nil) else { throw ValidationError("give either -f or --plan") }
    }

    func run(in context: CommandContext) async throws -> Int32 {
        let saved = try await context.savedPlan(plan)
        let manifests = if let saved { saved.manifests } else { try await context.manifests(files) }
        return try await context.connected(options) { connection in
            let (client, kinds) = try await connection.discovering()
            let application = ObjectApplication(
                client: client, kinds: kinds, namespace: connection.namespace, force: forcesConflicts,
                isDryRun: isDryRun)
            let prepared = try application.prepare(manifests)
            let applied = try await apply(prepared, application, saved, context)
            let clusters = isDryRun || waiting.doesNotWait ? [] : try await wait(for: applied, client, context)
            let result = ApplyResult(objects: applied, clusters: clusters)
            context.console.writeResult(options.output.render(result.json, text: result.text))
            return clusters.contains(where: \.hasFailed) ? 1 : 0
        }
    }

    private func apply(
        _ manifests: [Manifest], _ application: ObjectApplication, _ saved: SavedPlan?, _ context: CommandContext
    ) async throws -> [AppliedObject] {
        try await saved?.verify(with: application.client)
        var applied: [AppliedObject] = []
        for manifest in manifests {
            let object =
                if let saved {
                    try await saved.apply(manifest, with: application)
                } else {
                    try await application.apply(manifest)
                }
            applied.append(object)
            context.progress.event(object.line + (isDryRun ? " (dry run)" : ""))
        }
        return applied
    }

    private func wait(
        for applied: [AppliedObject], _ client: KubeClient, _ context: CommandContext
    ) async throws -> [ClusterResult] {
        var results: [ClusterResult] = []
        for object in applied.map(\.object) where object.groupKind == EdgeCluster.groupKind {
            results.append(
                try await context.waitForCluster(
                    namespace: object.namespace, name: object.name, client, timeout: waiting.timeout.duration))
        }
        return results
    }
}

/// What an apply has come to.
struct ApplyResult: Sendable, Hashable {
    var objects: [AppliedObject]
    var clusters: [ClusterResult]

    /// `{objects: [{apiVersion, kind, namespace?, name, action}], clusters: [{namespace, name, outcome, message?,
    /// update?}]}`.
    var json: JSONValue {
        ["objects": .array(objects.map(\.json)), "clusters": .array(clusters.map(\.json))]
    }

    var text: String { objects.map { $0.line + "\n" }.joined() + clusters.map(\.line).joined() }
}
