import APIServer
import Centre
import CorbelAPI
import Effects
import EffectsLinux
import PKI
import ScriptedEffects
import Testing

@Suite("The one port", .timeLimit(.minutes(3)))
struct TransportTests {
    @Test(
        "answers both versions of HTTP to those with a certificate",
        arguments: [("--http1.1", "1.1"), ("--http2", "2")])
    func versions(option: String, version: String) async throws {
        try await RunningCentre.with { centre in
            let answer = try await centre.curl("/api/v1/namespaces/default", [option])
            #expect(answer.head == "200 \(version)")
            #expect(answer.body.contains("\"kind\":\"Namespace\""))
            #expect(try await centre.curl("/readyz", [option], isAnonymous: true).body == "ok")
        }
    }

    @Test("refuses those without one, and bearer tokens that nobody gave")
    func anonymous() async throws {
        try await RunningCentre.with { centre in
            for path in ["/api", "/api/v1/namespaces", "/openapi/v3", "/apis/corbel.dev/v1alpha1/edgehosts"] {
                let answer = try await centre.curl(path, isAnonymous: true)
                #expect(answer.head.hasPrefix("403"), "\(path)")
            }
            let token = try await centre.curl("/api", ["-H", "Authorization: Bearer x"], isAnonymous: true)
            #expect(token.head.hasPrefix("401"))
            #expect(try await centre.curl("/version", isAnonymous: true).head.hasPrefix("200"))
        }
    }

    @Test(
        "refuses a body that is too long with 413, and one that is no JSON with 400",
        arguments: ["--http1.1", "--http2"])
    func bodies(option: String) async throws {
        try await RunningCentre.with { centre in
            try await centre.write("long", String(repeating: " ", count: 4 << 20))
            let path = "/api/v1/namespaces/default/configmaps"
            let json = ["-H", "Content-Type: application/json", "-H", "Expect:"]
            let long = try await centre.curl(path, [option, "--data-binary", "@long"] + json)
            #expect(long.head.hasPrefix("413"), "\(long)")
            #expect(long.body.contains("RequestEntityTooLarge"))
            let broken = try await centre.curl(path, [option, "-d", "{\"kind\":"] + json)
            #expect(broken.head.hasPrefix("400") && broken.body.contains("BadRequest"), "\(broken)")
            #expect(try await centre.curl("/api/v1/%zz", [option]).head.hasPrefix("400"))
            #expect(try await centre.curl("/api/v1/namespaces/default", [option]).head.hasPrefix("200"))
        }
    }

    @Test(
        "hands images out from any offset on, and tells how long they are",
        arguments: ["--http1.1", "--http2"])
    func images(option: String) async throws {
        try await RunningCentre.with { centre in
            // Longer than what is in memory of it at a time.
            let text = (0..<60_000).map { "line \($0)\n" }.joined()
            let digest = SHA256Digest.hexadecimal(of: Array(text.utf8))
            try await LinuxFiles().makeDirectory(centre.directory + "/data/images", mode: 0o755)
            try await centre.write("data/images/\(digest)", text)
            let path = "/images/v1/sha256:\(digest)"
            let whole = try await centre.curl(path, [option])
            #expect(whole.head.hasPrefix("200") && whole.body == text)
            let rest = try await centre.curl("\(path)?offset=\(text.utf8.count - 11)", [option])
            #expect(rest.body == "line 59999\n")
            #expect(try await centre.curl("\(path)?offset=\(text.utf8.count)", [option]).body.isEmpty)
            let head = try await centre.curl(path, [option, "--head"])
            #expect(head.head.hasPrefix("200"))
            #expect(head.body.lowercased().contains("content-length: \(text.utf8.count)\r\n"), "\(head.body)")
            for (offset, status) in [("-1", "400"), ("\(text.utf8.count + 1)", "400"), ("x", "400")] {
                #expect(try await centre.curl("\(path)?offset=\(offset)", [option]).head.hasPrefix(status))
            }
            #expect(try await centre.curl("/images/v1/sha256:\(String(digest.reversed()))").head.hasPrefix("404"))
            #expect(try await centre.curl("/images/v1/..%2fpki", [option]).head.hasPrefix("400"))
            #expect(try await centre.curl(path, [option], isAnonymous: true).head.hasPrefix("401"))
        }
    }

    @Test("is not shared: a second server on it says so and ends")
    func portInUse() async throws {
        try await RunningCentre.with { centre in
            let port = try #require(centre.url.split(separator: ":").last.flatMap { Int($0) })
            do {
                try await RunningCentre.serve(from: centre.directory + "/second", port: port) { _ in }
                Issue.record("two servers share a port")
            } catch let error as StatusError {
                #expect(error.message.contains("127.0.0.1:\(port): another program has it"))
            }
        }
    }
}

@Suite("The data directory", .timeLimit(.minutes(2)))
struct DataDirectoryTests {
    private let files = LinuxFiles()

    @Test("of a newer version is refused and left as it is")
    func newerVersion() async throws {
        try await ScratchDirectory.with { directory in
            try await files.writeDurably(directory + "/VERSION", Array("99\n".utf8), mode: 0o600)
            let before = try await files.list(directory)
            do {
                try await RunningCentre.serve(from: directory) { _ in }
                Issue.record("a newer directory is accepted")
            } catch let error as StatusError {
                #expect(error.message.contains("newer version of Corbel"))
                #expect(error.message.contains("layout 99"))
            }
            #expect(try await files.list(directory) == before)
            #expect(try await files.read(directory + "/VERSION", limit: 10) == Array("99\n".utf8))
        }
    }

    @Test("keeps authority, certificates and the administrator's credentials from one start to the next")
    func restart() async throws {
        try await ScratchDirectory.with { directory in
            var seen: [[UInt8]] = []
            for _ in 0..<2 {
                try await RunningCentre.serve(from: directory) { _ in }
                seen.append(try await files.read(directory + "/pki/ca.pem", limit: 1 << 16))
                seen.append(try await files.read(directory + "/pki/admin.pem", limit: 1 << 16))
            }
            #expect(seen[0] == seen[2])
            #expect(seen[1] == seen[3])
            for name in ["pki/ca.key", "pki/admin.key", "pki/server.key", "admin.kubeconfig"] {
                #expect(try await files.entry(at: "\(directory)/\(name)")?.mode == 0o600, "\(name)")
            }
        }
    }
}
