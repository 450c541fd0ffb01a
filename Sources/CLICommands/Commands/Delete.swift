import APIMachinery
import ArgumentParser
import CorbelAPI
import KubeClient
import ResourceClient

/// `corbel delete`.
struct Delete: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deletes an object, and waits until it is gone.",
        discussion: """
            The deletion of a cluster resets its hosts and gives them back; it ends when every host has let go.

              corbel delete edgecluster site
              corbel delete rt abc123 --no-wait
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var waiting: WaitOptions

    @Argument(help: "The kind, such as edgecluster or ec; or KIND/NAME.")
    var kind: String

    @Argument(help: "The name.")
    var name: String?

    func run(in context: CommandContext) async throws -> Int32 {
        let target = ObjectArgument(kind, name)
        guard let name = target.name else {
            throw CommandFailure("delete: the name is missing", hint: "corbel delete \(target.kind) NAME")
        }
        try await context.connected(options) { connection in
            let (client, kinds) = try await connection.discovering()
            let definition = try kinds.resolve(target.kind)
            let namespace = definition.isNamespaced ? connection.namespace : ""
            let key = ObjectKey(definition.groupKind, namespace: namespace, name: name)
            let uid = try await client.get(key).uid
            var deletion = DeleteOptions()
            deletion.preconditions.uid = uid
            try await client.delete(key, deletion)
            if !waiting.doesNotWait { try await wait(for: key, uid, client, context) }
            let json: JSONValue = [
                "kind": .string(definition.kind), "apiVersion": .string(definition.groupVersion.description),
                "namespace": .string(namespace), "name": .string(name),
                "action": .string(waiting.doesNotWait ? "deleting" : "deleted"),
            ]
            let title = definition.singular + (definition.group.isEmpty ? "" : ".\(definition.group)")
            let word = waiting.doesNotWait ? "is being deleted" : "deleted"
            context.console.writeResult(options.output.render(json, text: "\(title)/\(name) \(word)\n"))
        }
        return 0
    }

    /// Another object of the same name is not the one that was deleted.
    private func wait(
        for key: ObjectKey, _ uid: String, _ client: KubeClient, _ context: CommandContext
    ) async throws {
        let progress = context.progress
        let following = Following(
            client: client, time: context.time, progress: progress, timeout: waiting.timeout.duration)
        _ = try await following.until(key) { object -> Bool? in
            guard let object, object.uid == uid else { return true }
            let waits = WaitReason.all(of: object).first?.message ?? object.finalizers.joined(separator: ", ")
            progress.event("\(key.name) is being deleted\(waits.isEmpty ? "" : "; waits: \(waits)")")
            return nil
        }
    }
}
