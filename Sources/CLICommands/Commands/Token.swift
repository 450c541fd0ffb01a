import ArgumentParser
import Centre
import CorbelAPI
import Effects
import PKI
import ResourceClient

/// `corbel token`: a token for the administrator, and those that hosts register with.
struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Prints a bearer token for the administrator; makes, lists and revokes those that hosts register with.",
        discussion: """
            With --data-dir, on the centre's machine: a bearer token for the administrator, for an hour.

              corbel token --data-dir /var/lib/corbel
              curl --cacert /var/lib/corbel/pki/ca.pem -H "Authorization: Bearer $(corbel token --data-dir \
                /var/lib/corbel)" https://127.0.0.1:7443/api

            With a subcommand: the tokens that hosts register with.

              corbel token create --ttl 24h --max-uses 3
              corbel token list
              corbel token revoke abc123
            """,
        subcommands: [Administrator.self, Create.self, List.self, Revoke.self], defaultSubcommand: Administrator.self)

    struct Administrator: ConsoleCommand {
        static let configuration = CommandConfiguration(
            commandName: "admin", abstract: "Prints a short-lived bearer token for the administrator.",
            discussion: """
                The token is signed with the key in DIR/pki/tokens.key, and kept nowhere. It cannot be taken back, but
                ends by itself; without the key, which is made anew when it is removed and the centre is started again,
                none is valid any more.

                  corbel token --data-dir /var/lib/corbel
                  kubectl --server https://127.0.0.1:7443 --certificate-authority /var/lib/corbel/pki/ca.pem \\
                    --token "$(corbel token --data-dir /var/lib/corbel --ttl 10m)" get edgehosts
                """)

        @Option(name: .customLong("data-dir"), help: "The data directory that the centre serves from.")
        var dataDirectory: String

        @Option(help: "How long the token is valid, such as 10m or 8h; 24h at most.")
        var ttl = DurationArgument(.seconds(3600))

        @Option(name: [.short, .long], help: "How the result is printed.")
        var output = OutputFormat.table

        func validate() throws {
            guard ttl.duration > .zero, ttl.duration <= AdministratorToken.longestValidity else {
                throw ValidationError("--ttl: must be more than nothing and at most 24h")
            }
        }

        func run(in context: CommandContext) async throws -> Int32 {
            let maker = AdministratorToken(
                dataDirectory: context.absolute(dataDirectory), files: context.files, time: context.time,
                random: context.random)
            let token = try await maker.make(validity: ttl.duration)
            let json: JSONValue = ["token": .string(token.text), "expires": .string(token.expires.rfc3339)]
            context.progress.event("the token ends at \(token.expires.rfc3339)")
            context.console.writeResult(output.render(json, text: token.text + "\n"))
            return 0
        }
    }

    struct Create: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token, and prints it once: only a digest of it is kept.",
            discussion: """
                  corbel token create
                  corbel token create --ttl 1h --no-approve --label region=north
                """)

        @OptionGroup var options: GlobalOptions

        @Option(help: "How long hosts may register with it, such as 90m, 24h or 7d.")
        var ttl = DurationArgument(.seconds(86_400))

        @Option(name: .customLong("max-uses"), help: "How many hosts may register with it; any number, unless said.")
        var maxUses: Int?

        @Flag(name: .customLong("no-approve"), help: "Hosts that come with it still wait for an approval by hand.")
        var needsApproval = false

        @Option(name: .customLong("label"), help: "A label KEY=VALUE for the hosts. May be repeated.")
        var labels: [String] = []

        func validate() throws {
            if let maxUses, maxUses < 1 { throw ValidationError("--max-uses: \(maxUses) is not at least 1") }
            for label in labels where !label.dropFirst().contains("=") {
                throw ValidationError("--label: \"\(label)\" is no KEY=VALUE")
            }
            if ttl.duration <= .zero { throw ValidationError("--ttl: must be more than nothing") }
        }

        func run(in context: CommandContext) async throws -> Int32 {
            let secret = RegistrationSecret(from: AnyRandomSource(context.random))
            return try await context.connected(options) { connection in
                var token = RegistrationToken(namespace: connection.namespace, name: secret.id)
                token.spec = spec(secret, now: context.time.now)
                let created = try await connection.client.create(token, by: ObjectApplication.fieldManager)
                let json: JSONValue = [
                    "name": .string(created.name), "namespace": .string(created.namespace),
                    "token": .string(secret.text),
                    "expires": created.json["spec", "expires"] ?? .null,
                ]
                context.progress.event(
                    "the token is shown once; it ends at \(created.expires.map(\.rfc3339) ?? "no time")")
                context.console.writeResult(options.output.render(json, text: secret.text + "\n"))
                return 0
            }
        }

        private func spec(_ secret: RegistrationSecret, now: Timestamp) -> JSONValue {
            var spec: JSONValue = [
                "secretDigest": .string(secret.secretDigest), "expires": .string((now + ttl.duration).rfc3339),
                "approves": .bool(!needsApproval),
            ]
            spec["maxUses"] = maxUses.map { JSONValue($0) }
            let pairs = labels.map {
                $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            }
            if !pairs.isEmpty { spec["hostLabels"] = JSONValue(Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }) }
            return spec
        }
    }

    struct List: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tokens; their secrets are nowhere.", discussion: "  corbel token list -o wide")

        @OptionGroup var options: GlobalOptions

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.showAll(RegistrationToken.groupKind, options)
        }
    }

    struct Revoke: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a token early; hosts that have registered with it stay.",
            discussion: "  corbel token revoke abc123")

        @OptionGroup var options: GlobalOptions

        @Argument(help: "The token's name: the six letters before its dot.")
        var name: String

        func run(in context: CommandContext) async throws -> Int32 {
            try await context.connected(options) { connection in
                // Who pastes the whole token means the part that names it.
                let id = String(name.prefix { $0 != "." })
                let key = RegistrationToken.key(namespace: connection.namespace, name: id)
                let token = try await connection.client.amend(key) { token in
                    RegistrationToken(json: token.json).isRevoked ? nil : ["spec": ["revoked": true]]
                }
                context.console.writeResult(
                    options.output.render(token.json, text: "registrationtoken.corbel.dev/\(id) revoked\n"))
                return 0
            }
        }
    }
}
