import APIServer
import CorbelAPI
import ResourceClient
import ResourceStore
import Testing

@Suite("Lists")
struct ListTests {
    private let maps = Server.configMaps

    @Test("Pages are of one moment, whatever is written meanwhile, and end")
    func pages() async throws {
        let server = try await Server()
        for index in 0..<5 { await server.createConfigMap("m-\(index)") }
        let first = await server.send("GET", maps + "?limit=2").json
        #expect(first["metadata", "remainingItemCount"] == 3)
        await server.createConfigMap("m-9")
        _ = await server.send("DELETE", maps + "/m-2")
        var names = first.names
        var token = first["metadata", "continue"]?.stringValue
        while let next = token {
            let page = await server.send("GET", maps + "?limit=2&continue=\(next)").json
            #expect(page.revision == first.revision)
            names += page.names
            token = page["metadata", "continue"]?.stringValue
        }
        #expect(names == ["m-0", "m-1", "m-2", "m-3", "m-4"])
    }

    @Test("A page after the history is compacted has expired; a token of somebody else's is refused")
    func expiredPage() async throws {
        let server = try await Server()
        for index in 0..<3 { await server.createConfigMap("m-\(index)") }
        let token = await server.send("GET", maps + "?limit=1").json["metadata", "continue"]?.stringValue ?? ""
        await server.createConfigMap("later")
        try await server.store.compact(try await server.store.currentRevision())
        let answer = await server.send("GET", maps + "?limit=1&continue=\(token)")
        #expect((answer.status, answer.reason) == (410, "Expired"))
        #expect(await server.send("GET", maps + "?continue=abcd").status == 400)
    }

    @Test("What follows a page is not counted when a selector chooses")
    func remaining() async throws {
        let server = try await Server()
        for index in 0..<3 { await server.createConfigMap("m-\(index)", labels: ["a": "b"]) }
        let page = await server.send("GET", maps + "?limit=1&labelSelector=a=b").json
        #expect(page["metadata", "remainingItemCount"] == nil)
        #expect(page["metadata", "continue"] != nil)
    }

    @Test(
        "A revision and how it is meant",
        arguments: [
            ("resourceVersion=0", 200, ["a", "b"]), ("resourceVersion=FIRST", 200, ["a", "b"]),
            ("resourceVersion=FIRST&resourceVersionMatch=NotOlderThan", 200, ["a", "b"]),
            ("resourceVersion=FIRST&resourceVersionMatch=Exact", 200, ["a"]),
            ("resourceVersion=0&resourceVersionMatch=Exact", 400, []), ("resourceVersionMatch=Exact", 400, []),
            ("resourceVersion=0&resourceVersionMatch=Later", 422, []), ("resourceVersion=999999", 504, []),
            ("resourceVersion=x", 400, []), ("limit=-1", 400, []), ("limit=x", 400, []),
            ("labelSelector=a in", 400, []), ("fieldSelector=data.k=1", 400, []),
            ("fieldSelector=metadata.name=b", 200, ["b"]), ("fieldSelector=metadata.name!=b", 200, ["a"]),
            ("labelSelector=only=b", 200, ["b"]), ("watch=perhaps", 400, []),
        ])
    func parameters(query: String, status: Int, names: [String]) async throws {
        let server = try await Server()
        let first = await server.createConfigMap("a").json.revision
        await server.createConfigMap("b", labels: ["only": "b"])
        let answer = await server.send("GET", maps + "?" + query.replacing("FIRST", with: first))
        #expect(answer.status == status, "\(answer.json)")
        if status == 200 { #expect(answer.json.names == names) }
    }

    @Test("A list across namespaces, and of a namespace that is not there")
    func namespaces() async throws {
        let server = try await Server()
        _ = try await server.client.create(Namespace(name: "other"), by: "test")
        await server.createConfigMap("a")
        _ = await server.send("POST", "/api/v1/namespaces/other/configmaps", configMap("b"))
        #expect(await server.send("GET", "/api/v1/configmaps").json.names == ["a", "b"])
        let missing = await server.send("GET", "/api/v1/namespaces/missing/configmaps")
        #expect((missing.status, missing.json.names) == (200, []))
    }

    @Test("A table for kubectl, and metadata alone for those who ask")
    func representations() async throws {
        let server = try await Server()
        await server.createConfigMap("a", ["k": "1"])
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        for path in [maps, maps + "/a"] {
            let answer = await server.send("GET", path, accept: table).json
            #expect(answer["kind"] == "Table")
            #expect(answer["rows"]?.arrayValue?.count == 1)
            #expect(answer["columnDefinitions"]?.arrayValue?.first?["name"] == "Name")
            #expect(answer["rows"]?.arrayValue?.first?["object", "kind"] == "PartialObjectMetadata")
        }
        let whole = await server.send("GET", maps + "?includeObject=Object", accept: table).json
        #expect(whole["rows"]?.arrayValue?.first?["object", "data"] == ["k": "1"])
        #expect(await server.send("GET", maps + "?includeObject=Half", accept: table).status == 400)
        let partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
        let list = await server.send("GET", maps, accept: partial).json
        #expect(list["kind"] == "PartialObjectMetadataList")
        #expect(list["items"]?.arrayValue?.first?["data"] == nil)
        #expect(list.names == ["a"])
        #expect(await server.send("GET", maps, accept: "application/json;as=Picture;v=v1;g=meta.k8s.io").status == 406)
    }
}
