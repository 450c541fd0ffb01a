import APIMachinery
import Audit
import CorbelAPI
import Effects
import EffectsLinux
import Glibc
import KubeClient
import ResourceClient
import ScriptedEffects
import Testing

@Suite("corbel serve, killed with -9", .timeLimit(.minutes(4)))
struct KillTests {
    /// What was acknowledged. A write that was not answered may have happened or not.
    private actor Ledger {
        private(set) var present: Set<String> = []
        private(set) var gone: Set<String> = []
        private var answers = 0

        /// - Returns: how many writes were answered so far.
        func created(_ name: String) -> Int {
            present.insert(name)
            answers += 1
            return answers
        }

        func willDelete(_ name: String) { present.remove(name) }

        func deleted(_ name: String) -> Int {
            gone.insert(name)
            answers += 1
            return answers
        }
    }

    /// In three directories at a time, each killed ten times.
    @Test("in the middle of writes has every write that was answered", arguments: 0..<3)
    func writes(directoryNumber: Int) async throws {
        try await ScratchDirectory.with { directory in
            let ledger = Ledger()
            var total = 0
            for round in 0..<10 {
                total += 7 + (round * 13 + directoryNumber * 5) % 31
                let ended = try await ServeProcess.run(in: directory + "/data") { [total] server in
                    try await check(ledger, server)
                    try await write(ledger, round, server, until: total)
                }
                #expect(ended.termination == .signalled(SIGKILL), "\(Corbel.Said(ended).errors)")
            }
            let ended = try await ServeProcess.run(in: directory + "/data") { server in
                try await check(ledger, server)
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
            try await checkAudit(of: ledger, in: directory + "/data")
        }
    }

    /// Every write that was answered has its line, and the chain holds across all ends.
    private func checkAudit(of ledger: Ledger, in data: String) async throws {
        let files = LinuxFiles()
        let report = try await AuditVerifier.verify(AuditDirectory(path: data + "/audit"), files: files)
        #expect(report.isIntact, "\(report.findings)")
        var created: Set<String> = []
        var deleted: Set<String> = []
        for entry in try await files.list(data + "/audit") where entry.name.hasSuffix(".log") {
            let bytes = try await files.read("\(data)/audit/\(entry.name)", limit: 1 << 26)
            for line in bytes.split(separator: 0x0A) {
                guard let json = try? JSONValue(parsing: line), let name = json["object", "name"]?.stringValue else {
                    continue
                }
                if json["code"] == 201 { created.insert(name) }
                if json["verb"] == "delete" { deleted.insert(name) }
            }
        }
        #expect(await ledger.present.subtracting(created) == [])
        #expect(await ledger.gone.subtracting(deleted) == [])
    }

    private func check(_ ledger: Ledger, _ server: ServeProcess) async throws {
        let stored = Set(try await server.client().list(ConfigMap.self, namespace: "default").map(\.name))
        #expect(await ledger.present.subtracting(stored) == [])
        #expect(await ledger.gone.intersection(stored) == [])
    }

    /// Four writers at once; the one whose answer is the last that is wanted kills the server under the others.
    private func write(_ ledger: Ledger, _ round: Int, _ server: ServeProcess, until total: Int) async throws {
        let client = try await server.client()
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    do {
                        for number in 0..<total {
                            let name = "r\(round)-w\(writer)-\(number)"
                            _ = try await client.create(ConfigMap(namespace: "default", name: name), by: "test")
                            if await ledger.created(name) == total { return server.send(SIGKILL) }
                            guard number % 3 == 2 else { continue }
                            await ledger.willDelete(name)
                            try await client.delete(ConfigMap.key(namespace: "default", name: name), DeleteOptions())
                            if await ledger.deleted(name) == total { return server.send(SIGKILL) }
                        }
                    } catch {
                        // The server is gone: this write was not answered.
                        return
                    }
                }
            }
        }
    }

    @Test(
        "at any moment of its first start goes on from there",
        arguments: ["lock", "VERSION", "store.sqlite", "pki/ca.key", "pki/ca.pem", "pki/server.key", "pki/admin.pem"])
    func firstStart(file: String) async throws {
        try await ScratchDirectory.with { directory in
            let data = directory + "/data"
            async let killed = ServeProcess.run(in: data) { $0.send(SIGKILL) }
            let pid = try await eventually("\(file) is there") {
                try await LinuxFiles().exists("\(data)/\(file)") ? try? await ServeProcess.holder(of: data) : nil
            }
            kill(pid, SIGKILL)
            #expect(try await killed.termination == .signalled(SIGKILL))
            let ended = try await ServeProcess.run(in: data) { server in
                _ = try await server.client().get(Namespace.key(name: "default"))
                server.send(SIGTERM)
            }
            #expect(ended.termination == .exited(0), "\(Corbel.Said(ended).errors)")
        }
    }
}
