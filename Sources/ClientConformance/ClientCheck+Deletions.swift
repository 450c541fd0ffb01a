import APIMachinery
import CorbelAPI
import ResourceClient

extension ClientCheck {
    static let deletions: [ClientCheck] = [
        ClientCheck("what was deleted is gone, and is not found the second time") { session in
            try await session.create("a")
            try await session.client.delete(session.key("a"), DeleteOptions())
            try await expectError("get", .notFound) { try await session.client.get(session.key("a")) }
            try await expectError("delete", .notFound) {
                try await session.client.delete(session.key("a"), DeleteOptions())
            }
        },
        ClientCheck("a deletion that is meant for another object, or another state of it, is a conflict") { session in
            let created = try await session.create("a")
            var options = DeleteOptions()
            options.preconditions.uid = "another"
            try await expectError("another UID", .conflict) { [options] in
                try await session.client.delete(session.key("a"), options)
            }
            options.preconditions.uid = created.uid
            options.preconditions.resourceVersion = "1"
            try await expectError("another revision", .conflict) { [options] in
                try await session.client.delete(session.key("a"), options)
            }
            options.preconditions.resourceVersion = created.resourceVersion
            try await session.client.delete(session.key("a"), options)
        },
        ClientCheck("a dry run of a deletion deletes nothing") { session in
            let created = try await session.create("a")
            var options = DeleteOptions()
            options.isDryRun = true
            try await session.client.delete(session.key("a"), options)
            try expect("get", try await session.client.get(session.key("a")), is: created)
        },
        ClientCheck("an object with finalizers stays until the last is gone") { session in
            var object = session.configMap("a")
            object.finalizers = ["example.dev/x"]
            _ = try await session.client.create(object, session.options)
            try await session.client.delete(session.key("a"), DeleteOptions())
            let marked = try await session.client.get(session.key("a"))
            try expect("the mark", marked.isDeleting, "a deletionTimestamp", seen: marked.json)
            let body: JSONValue = ["metadata": ["finalizers": .null]]
            _ = try await session.client.patch(session.key("a"), .merge, body, subresource: nil, session.options)
            try await expectError("get", .notFound) { try await session.client.get(session.key("a")) }
        },
    ]
}
