import ArgumentParser
import CorbelAPI
import KubeClient
import ResourceClient

/// `corbel host`.
struct Host: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists hosts, and approves those that have come without a token.",
        discussion: """
              corbel host list
              corbel host approve host-1 --key 3f5a…
            """,
        subcommands: [List.self, ApproveHost.self])

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the hosts that have registered.", discussion: "  corbel host list -o wide")

        @OptionGroup var options: GlobalOptions

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.showAll(EdgeHost.groupKind, options)
        }
    }

    struct ApproveHost: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "approve", abstract: "Lets a host have a certificate, and waits until it is there.",
            discussion: """
                Compare the digest of the host's key, which its console shows, before you approve it. With --key \
                the approval holds for that key alone.

                  corbel host approve host-1
                  corbel host approve host-1 --key 3f5a… --no-wait
                """)

        @OptionGroup var options: GlobalOptions
        @OptionGroup var waiting: WaitOptions

        @Argument(help: "The host.")
        var name: String

        @Option(help: "The digest of the host's public key, as its console shows it, or its first digits.")
        var key: String?

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.connected(options) { connection in
                let client = connection.client
                let approval = HostApproval(expectedKey: key)
                let object = EdgeHost.key(namespace: connection.namespace, name: name)
                let approved = try await client.amend(object) { try approval.patch(EdgeHost(json: $0.json)) }
                let host = EdgeHost(json: approved.json)
                context.progress.event(
                    "approved the key \(host.json["status", "publicKeyDigest"]?.stringValue ?? "that comes first")")
                let final = waiting.doesNotWait ? host : try await wait(object, client, context)
                context.console.writeResult(
                    options.output.render(final.json, text: "edgehost.corbel.dev/\(name) approved\n"))
                return 0
            }
        }

        private func wait(_ key: ObjectKey, _ client: KubeClient, _ context: CommandContext) async throws -> EdgeHost {
            let progress = context.progress
            let following = Following(
                client: client, time: context.time, progress: progress, timeout: waiting.timeout.duration)
            return try await following.until(key) { object in
                guard let object else { throw CommandFailure("the host \(key.name) was deleted meanwhile") }
                let host = EdgeHost(json: object.json)
                let state = host.json["status", "state"]?.stringValue ?? "not registered"
                progress.event("\(host.name): \(state)")
                return ["Ready", "InUse", "Maintenance"].contains(state) ? host : nil
            }
        }
    }
}
