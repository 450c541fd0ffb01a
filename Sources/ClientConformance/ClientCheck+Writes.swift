import APIMachinery
import CorbelAPI
import ResourceClient

extension ClientCheck {
    static let writes: [ClientCheck] = [
        ClientCheck("a name is given once") { session in
            try await session.create("a")
            try await expectError("create", .alreadyExists) { try await session.create("a") }
        },
        ClientCheck("a name is made of generateName") { session in
            var object = session.configMap("")
            object.json["metadata", "name"] = nil
            object.json["metadata", "generateName"] = "made-"
            let created = try await session.client.create(object, session.options)
            let isMade = created.name.hasPrefix("made-") && created.name.count == 10
            try expect("the name", isMade, "made- and five characters", seen: created.name)
        },
        ClientCheck("an object in a namespace that is not there is refused") { session in
            var object = session.configMap("a")
            object.namespace = session.namespace + "-missing"
            try await expectError("create", .notFound) { [object] in
                try await session.client.create(object, session.options)
            }
        },
        ClientCheck("an invalid object is refused, and its field is named") { session in
            var host = EdgeHost(namespace: session.namespace, name: "a")
            host.json["spec", "approved"] = "perhaps"
            let error = try await expectError("create", .invalid) { [host] in
                try await session.client.create(host, by: ClientSession.manager)
            }
            try expect("the fields", error.causes.map(\.field), is: ["spec.approved"])
        },
        ClientCheck("an update over the revision that was read is written, over another it is a conflict") { session in
            let created = try await session.create("a", ["k": "1"])
            var changed = created
            changed.json["data", "k"] = "2"
            let updated = try await session.client.update(changed, subresource: nil, session.options)
            try expect("the data", updated.json["data"], is: ["k": "2"])
            changed.json["data", "k"] = "3"
            try await expectError("update", .conflict) { [changed] in
                try await session.client.update(changed, subresource: nil, session.options)
            }
            try expect("get", try await session.client.get(session.key("a")), is: updated)
        },
        ClientCheck("an update that changes nothing leaves the revision") { session in
            let created = try await session.create("a", ["k": "1"])
            let updated = try await session.client.update(created, subresource: nil, session.options)
            try expect("the object", updated, is: created)
        },
        ClientCheck("an update of what is not there is not found") { session in
            try await expectError("update", .notFound) {
                try await session.client.update(session.configMap("a"), subresource: nil, session.options)
            }
        },
        ClientCheck("status and the rest are written apart", status),
        ClientCheck("a replica count is written through scale alone", scale),
        ClientCheck("a dry run answers and writes nothing") { session in
            var options = session.options
            options.isDryRun = true
            let answer = try await session.client.create(session.configMap("a"), options)
            try expect("the name", answer.name, is: "a")
            try await expectError("get", .notFound) { try await session.client.get(session.key("a")) }
        },
        ClientCheck("fields that no schema knows survive where they are kept") { session in
            var host = EdgeHost(namespace: session.namespace, name: "a")
            host.json["spec", "consumerRef"] = ["name": "c", "future": ["x": 1.5]]
            let created = try await session.client.create(host, by: ClientSession.manager)
            try expect("the field", created.json["spec", "consumerRef", "future"], is: ["x": 1.5])
        },
    ]

    private static func status(_ session: ClientSession) async throws {
        var host = try await session.edgeHost("a")
        host.json["status", "address"] = "10.0.0.1"
        host.json["spec", "maintenance"] = true
        let afterStatus = try await session.client.updateStatus(host, by: ClientSession.manager)
        try expect("the address", afterStatus.address, is: "10.0.0.1")
        try expect("the spec", afterStatus.json["spec", "maintenance"], is: nil)
        try expect("the generation", afterStatus.generation, is: 1)
        host = afterStatus
        host.json["status", "address"] = "10.0.0.2"
        host.json["spec", "maintenance"] = true
        let afterSpec = try await session.client.update(host, by: ClientSession.manager)
        try expect("the address", afterSpec.address, is: "10.0.0.1")
        try expect("the spec", afterSpec.json["spec", "maintenance"], is: true)
        try expect("the generation", afterSpec.generation, is: 2)
    }

    private static func scale(_ session: ClientSession) async throws {
        var plane = EdgeControlPlane(namespace: session.namespace, name: "cp")
        plane.json["spec"] = ["replicas": 1, "version": "v1.33.0"]
        let created = try await session.client.create(plane, by: ClientSession.manager)
        let key = created.key
        let patch: JSONValue = ["metadata": ["labels": ["no": "way"]], "spec": ["replicas": 3, "version": "v9.9.9"]]
        let answer = try await session.client.patch(key, .merge, patch, subresource: .scale, session.options)
        try expect("the kind of the answer", answer.kind, is: "Scale")
        try expect("its replicas", answer.spec["replicas"], is: 3)
        let after = try await session.client.get(key)
        try expect("the replicas", after.spec["replicas"], is: 3)
        try expect("the version", after.spec["version"], is: "v1.33.0")
        try expect("the labels", after.labels, is: [:])
    }
}
