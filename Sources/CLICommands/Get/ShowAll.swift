import CorbelAPI
import Effects
import KubeClient
import ResourceClient

extension CommandContext {
    /// Prints all objects of a kind in the namespace.
    func showAll(_ kind: GroupKind, _ options: GlobalOptions) async throws -> Int32 {
        try await connected(options) { connection in
            let query = ListOptions(namespace: connection.namespace)
            if options.output.isStructured {
                let items = try await connection.client.list(kind, query).items.map(\.json)
                let json: JSONValue = ["apiVersion": "v1", "kind": "List", "metadata": [:], "items": .array(items)]
                console.writeResult(options.output.render(json, text: ""))
                return 0
            }
            var rows = TableRows(isWide: options.output == .wide, showsNamespace: false)
            let table = rows.table(try await connection.client.table(kind, query))
            if table.rows.isEmpty { progress.event("there are none in the namespace \(connection.namespace)") }
            if !table.rows.isEmpty { console.writeResult(table.text) }
            return 0
        }
    }
}

/// A random source as a type of its own, for interfaces that are generic over it.
struct AnyRandomSource: RandomSource {
    private let base: any RandomSource

    init(_ base: any RandomSource) { self.base = base }

    func bytes(_ count: Int) -> [UInt8] { base.bytes(count) }
}
