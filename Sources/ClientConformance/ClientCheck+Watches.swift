import APIMachinery
import CorbelAPI
import ResourceClient

extension ClientCheck {
    static let watches: [ClientCheck] = [
        ClientCheck("a watch after a list misses nothing and repeats nothing") { session in
            try await session.create("before")
            let list = try await session.client.list(ConfigMap.groupKind, session.list)
            let created = try await session.create("a", ["k": "1"])
            var reader = try await session.watch(after: list.resourceVersion)
            try expect("the first event", try await reader.next(), is: .added(created))
            var changed = created
            changed.json["data", "k"] = "2"
            let updated = try await session.client.update(changed, subresource: nil, session.options)
            try expect("the second event", try await reader.next(), is: .modified(updated))
            try await session.client.delete(session.key("a"), DeleteOptions())
            guard case .deleted(let last) = try await reader.next() else {
                throw ConformanceFailure(subject: "the third event", expected: "a deletion", seen: "another")
            }
            try expect("what was deleted", last.uid, is: created.uid)
            let isLater = (Int(last.resourceVersion) ?? 0) > (Int(updated.resourceVersion) ?? 0)
            try expect("its revision", isLater, "that of the deletion", seen: last.resourceVersion)
        },
        ClientCheck("an object that leaves the selector is deleted, one that enters it is added") { session in
            let list = try await session.client.list(ConfigMap.groupKind, session.list)
            var options = session.list
            options.labelSelector = "on=yes"
            options.resourceVersion = list.resourceVersion
            var reader = try await session.watch(options)
            var object = try await session.create("a", labels: ["on": "no"])
            for (label, expected) in [("yes", "added"), ("no", "deleted"), ("yes", "added")] {
                object.labels = ["on": label]
                object = try await session.client.update(object, subresource: nil, session.options)
                try expect("the event of on=\(label)", try await reader.next().word, is: expected)
            }
        },
        ClientCheck("a watch sees its own namespace alone") { session in
            let list = try await session.client.list(ConfigMap.groupKind, session.list)
            var reader = try await session.watch(after: list.resourceVersion)
            let other = ConfigMap(namespace: "default", name: session.namespace)
            _ = try await session.client.create(other, by: ClientSession.manager)
            let mine = try await session.create("mine")
            try expect("the event", try await reader.next(), is: .added(mine))
        },
        ClientCheck("a watch without a revision, or with one that is none, is refused") { session in
            try await expectError("no revision", .badRequest) { try await session.watch(after: "") }
            try await expectError("a word", .badRequest) { try await session.watch(after: "yesterday") }
        },
        ClientCheck("a watch after a revision that the server has not reached is refused") { session in
            try await expectError("a watch", .timeout) { try await session.watch(after: "999999999") }
        },
    ]
}

extension WatchEvent {
    fileprivate var word: String {
        switch self {
        case .added: "added"
        case .modified: "modified"
        case .deleted: "deleted"
        case .bookmark: "bookmark"
        }
    }
}
