import ArgumentParser
import CorbelAPI
import Effects
import KubeClient
import ResourceClient
import YAML

/// `corbel get`.
struct Get: ConsoleCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows objects: a table with the server's columns, or the objects themselves.",
        discussion: """
            Kinds go by plural, singular, short name or kind, with the group where two have one name.

              corbel get edgeclusters
              corbel get ec site -o yaml
              corbel get edgehosts.corbel.dev/host-1
              corbel get clusterupdates -w
            """)

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The kind, such as edgeclusters or ec; or KIND/NAME.")
    var kind: String

    @Argument(help: "The name; all objects of the kind, unless said.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Go on showing changes until Ctrl-C.")
    var watch = false

    @Flag(name: [.customShort("A"), .long], help: "Show the objects of all namespaces.")
    var allNamespaces = false

    @Option(name: [.customShort("l"), .long], help: "Show objects with these labels, such as corbel.dev/pool=workers.")
    var selector = ""

    func run(in context: CommandContext) async throws -> Int32 {
        let target = ObjectArgument(kind, name)
        try await context.connected(options) { connection in
            let (client, kinds) = try await connection.discovering()
            let definition = try kinds.resolve(target.kind)
            let query = GetQuery(
                client: client, definition: definition, name: target.name,
                namespace: allNamespaces || !definition.isNamespaced ? nil : connection.namespace, selector: selector)
            if options.output.isStructured {
                try await printObjects(query, context.console)
            } else {
                try await printTable(query, context)
            }
        }
        return 0
    }

    private func printTable(_ query: GetQuery, _ context: CommandContext) async throws {
        var rows = TableRows(
            isWide: options.output == .wide, showsNamespace: allNamespaces && query.definition.isNamespaced)
        let table = try await query.table()
        let first = rows.table(table)
        if first.rows.isEmpty {
            let place = query.namespace.map { " in the namespace \($0)" } ?? ""
            context.progress.event("there are no \(query.definition.plural)\(place)")
        } else {
            context.console.writeResult(first.text)
        }
        guard watch else { return }
        var version = table["metadata", "resourceVersion"]?.stringValue ?? ""
        while true {
            for try await event in try await query.client.watchTable(query.definition.groupKind, query.options(version))
            {
                let changed = rows.table(event.table)
                version = event.table["metadata", "resourceVersion"]?.stringValue ?? version
                context.console.writeResult(first.rows.isEmpty ? changed.text : changed.rows(below: first))
            }
            try await context.time.sleep(for: .seconds(1))
        }
    }

    private func printObjects(_ query: GetQuery, _ console: any Console) async throws {
        if let name = query.name, !watch {
            let object = try await query.client.get(query.key(name)).json
            return console.writeResult(options.output.render(object, text: ""))
        }
        let list = try await query.client.list(query.definition.groupKind, query.options(""))
        guard watch else {
            let json: JSONValue = [
                "apiVersion": "v1", "kind": "List", "metadata": ["resourceVersion": .string(list.resourceVersion)],
                "items": .array(list.items.map(\.json)),
            ]
            return console.writeResult(options.output.render(json, text: ""))
        }
        for item in list.items { write(item.json, console) }
        for try await event in try await query.client.watch(
            query.definition.groupKind, query.options(list.resourceVersion))
        {
            switch event {
            case .added(let object), .modified(let object), .deleted(let object): write(object.json, console)
            case .bookmark: continue
            }
        }
    }

    /// One object of a stream: a line of JSON, or a YAML document.
    private func write(_ object: JSONValue, _ console: any Console) {
        console.writeResult(options.output == .json ? object.encodedText + "\n" : "---\n" + object.yamlText)
    }
}

/// What is to be shown.
struct GetQuery: Sendable {
    var client: KubeClient
    var definition: ResourceDefinition
    var name: String?
    /// `nil` is all namespaces, or a kind that has none.
    var namespace: String?
    var selector: String

    func key(_ name: String) -> ObjectKey {
        ObjectKey(definition.groupKind, namespace: namespace ?? "", name: name)
    }

    func options(_ resourceVersion: String) -> ListOptions {
        var options = ListOptions(namespace: namespace)
        options.labelSelector = selector
        options.fieldSelector = name.map { "metadata.name=\($0)" } ?? ""
        options.resourceVersion = resourceVersion
        return options
    }

    func table() async throws -> JSONValue {
        try await client.table(definition.groupKind, name: name, options(""))
    }
}

/// `KIND NAME` or `KIND/NAME`.
struct ObjectArgument: Hashable {
    var kind: String
    var name: String?

    init(_ kind: String, _ name: String?) {
        let parts = kind.split(separator: "/", maxSplits: 1).map(String.init)
        self.kind = parts.first ?? kind
        self.name = name ?? (parts.count == 2 ? parts[1] : nil)
    }
}
