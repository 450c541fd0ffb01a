import APIMachinery
import CorbelAPI
import ResourceClient

extension ClientCheck {
    static let patches: [ClientCheck] = [
        ClientCheck("a merge patch sets and removes fields") { session in
            try await session.create("a", ["k": "1", "l": "2"])
            let body: JSONValue = ["data": ["k": .null, "m": "3"]]
            let patched = try await session.client.patch(
                session.key("a"), .merge, body, subresource: nil, session.options)
            try expect("the data", patched.json["data"], is: ["l": "2", "m": "3"])
        },
        ClientCheck("a JSON patch is carried out as a whole or not at all") { session in
            try await session.create("a", ["k": "1"])
            let good: JSONValue = [["op": "replace", "path": "/data/k", "value": "2"]]
            let patched = try await session.client.patch(
                session.key("a"), .json, good, subresource: nil, session.options)
            try expect("the data", patched.json["data"], is: ["k": "2"])
            let bad: JSONValue = [
                ["op": "replace", "path": "/data/k", "value": "3"], ["op": "test", "path": "/data/k", "value": "x"],
            ]
            try await expectError("a failed test", .invalid) {
                try await session.client.patch(session.key("a"), .json, bad, subresource: nil, session.options)
            }
            try expect("get", try await session.client.get(session.key("a")), is: patched)
        },
        ClientCheck("a strategic merge patch is for Kubernetes' own kinds") { session in
            try await session.create("a", ["k": "1"])
            let body: JSONValue = ["metadata": ["finalizers": ["example.dev/x"]]]
            let patched = try await session.client.patch(
                session.key("a"), .strategicMerge, body, subresource: nil, session.options)
            try expect("the finalizers", patched.finalizers, is: ["example.dev/x"])
            let host = try await session.edgeHost("h")
            try await expectError("a kind of Corbel's", .unsupportedMediaType) {
                try await session.client.patch(host.key, .strategicMerge, body, subresource: nil, session.options)
            }
        },
        ClientCheck("a patch over a revision that is gone is a conflict") { session in
            let created = try await session.create("a", ["k": "1"])
            let body: JSONValue = [
                "metadata": ["resourceVersion": .string(created.resourceVersion)], "data": ["k": "2"],
            ]
            _ = try await session.client.patch(session.key("a"), .merge, body, subresource: nil, session.options)
            try await expectError("the same patch again", .conflict) {
                var again = body
                again["data", "k"] = "3"
                return try await session.client.patch(
                    session.key("a"), .merge, again, subresource: nil, session.options)
            }
        },
        ClientCheck("an apply creates, and applied again changes nothing") { session in
            let applied = try await session.client.apply(session.configMap("a", ["k": "1"]), by: "one")
            try expect("the data", applied.json["data"], is: ["k": "1"])
            let again = try await session.client.apply(session.configMap("a", ["k": "1"]), by: "one")
            try expect("the second answer", again, is: applied)
        },
        ClientCheck(
            "an apply over another's field is a conflict that names owner and field, unless it is forced", ownership),
        ClientCheck("an apply to status leaves the rest") { session in
            let host = try await session.edgeHost("a")
            var body = EdgeHost(namespace: session.namespace, name: "a")
            body.json["status", "agentVersion"] = "1"
            body.json["spec", "maintenance"] = true
            let answer = try await session.client.patch(
                host.key, .apply, body.json, subresource: .status, session.options)
            try expect("the status", answer.status["agentVersion"], is: "1")
            try expect("the spec", answer.json["spec", "maintenance"], is: nil)
        },
    ]

    private static func ownership(_ session: ClientSession) async throws {
        _ = try await session.client.apply(session.configMap("a", ["k": "1", "l": "1"]), by: "one")
        let error = try await expectError("another's apply", .conflict) {
            try await session.client.apply(session.configMap("a", ["k": "2"]), by: "two")
        }
        try expect("the reasons", error.causes.map(\.reason), is: ["FieldManagerConflict"])
        try expect("the fields", error.causes.map(\.field), is: [".data.k"])
        let forced = try await session.client.apply(session.configMap("a", ["k": "2"]), by: "two", force: true)
        try expect("the data", forced.json["data"], is: ["k": "2", "l": "1"])
        let withdrawn = try await session.client.apply(session.configMap("a", ["k": "2"]), by: "one")
        try expect("the data after the other left out l", withdrawn.json["data"], is: ["k": "2"])
    }
}
