import APIMachinery
import CorbelAPI
import ResourceClient

extension ClientCheck {
    static let reads: [ClientCheck] = [
        ClientCheck("what was created is what is read, with its type and its metadata") { session in
            let created = try await session.create("a", ["k": "v"])
            try expect("get", try await session.client.get(session.key("a")), is: created)
            try expect("the kind", created.kind, is: "ConfigMap")
            try expect("the UID", !created.uid.isEmpty, "one", seen: created.uid)
            try expect("the revision", !created.resourceVersion.isEmpty, "one", seen: created.resourceVersion)
            try expect("the generation", created.generation, is: 1)
        },
        ClientCheck("an object that is not there is not found, and is named") { session in
            let error = try await expectError("get", .notFound) { try await session.client.get(session.key("a")) }
            try expect("the name", error.name, is: "a")
            try expect("find", try await session.client.find(ConfigMap.self, namespace: "x", name: "a"), is: nil)
        },
        ClientCheck("a list shows its namespace in the order of names, items with their type") { session in
            for name in ["c", "a", "b"] { try await session.create(name) }
            let list = try await session.client.list(ConfigMap.groupKind, session.list)
            try expect("the names", list.items.map(\.name), is: ["a", "b", "c"])
            try expect("the types", Set(list.items.map(\.groupKind)), is: [ConfigMap.groupKind])
            try expect("the continue token", list.continueToken, is: "")
            let elsewhere = try await session.names(ListOptions(namespace: session.namespace + "-other"))
            try expect("another namespace", elsewhere, is: [])
        },
        ClientCheck("a list across namespaces holds this one's objects") { session in
            let created = try await session.create("a")
            let list = try await session.client.list(ConfigMap.groupKind, ListOptions())
            try expect("the items", list.items.contains(created), "the object", seen: list.items.map(\.key))
        },
        ClientCheck("selectors choose by labels and by name", selectors),
        ClientCheck("pages show one moment, whatever is written meanwhile", pages),
        ClientCheck("a selector that is none is refused") { session in
            var options = session.list
            options.labelSelector = "a in"
            try await expectError("labels", .badRequest) { [options] in
                try await session.client.list(ConfigMap.groupKind, options)
            }
            options = session.list
            options.fieldSelector = "data.x=1"
            try await expectError("fields", .badRequest) { [options] in
                try await session.client.list(ConfigMap.groupKind, options)
            }
        },
    ]

    private static func selectors(_ session: ClientSession) async throws {
        try await session.create("a", labels: ["tier": "one"])
        try await session.create("b", labels: ["tier": "two"])
        try await session.create("c")
        var options = session.list
        options.labelSelector = "tier in (one, two),tier!=two"
        try expect("labels", try await session.names(options), is: ["a"])
        options.labelSelector = "!tier"
        try expect("no label", try await session.names(options), is: ["c"])
        options.labelSelector = ""
        options.fieldSelector = "metadata.name=b"
        try expect("fields", try await session.names(options), is: ["b"])
    }

    private static func pages(_ session: ClientSession) async throws {
        for index in 0..<5 { try await session.create("m-\(index)") }
        var options = session.list
        options.limit = 2
        let first = try await session.client.list(ConfigMap.groupKind, options)
        try await session.create("m-9")
        try await session.client.delete(session.key("m-3"), DeleteOptions())
        var seen = first.items.map(\.name)
        var token = first.continueToken
        while !token.isEmpty {
            options.continueToken = token
            let page = try await session.client.list(ConfigMap.groupKind, options)
            try expect("the revision of a page", page.resourceVersion, is: first.resourceVersion)
            seen += page.items.map(\.name)
            token = page.continueToken
        }
        try expect("the names", seen, is: ["m-0", "m-1", "m-2", "m-3", "m-4"])
    }
}
