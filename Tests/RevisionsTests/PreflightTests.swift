import CorbelAPI
import Testing

@testable import Revisions

@Suite("What is found before the approval")
struct PreflightTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    /// A cluster, its hosts and its past, to spoil in single places.
    private struct Site {
        var controlPlane = ["m1", "m2", "m3"]
        var cluster = EdgeCluster(namespace: "default", name: "berlin")
        var hosts: [EdgeHost] = []
        var updates: [ClusterUpdate] = []
        var isPatch = false
        var imageBytes: Int64?

        init() {
            hosts = (controlPlane + ["w1"]).map { name in
                var host = EdgeHost(namespace: "default", name: name)
                host.set(Condition("Reachable", .isTrue, reason: "HeartbeatReceived"), now: now)
                host.json["status", "certificateExpires"] = .string((now + .seconds(30 * 86_400)).rfc3339)
                return host
            }
        }

        mutating func change(_ name: String, _ body: (inout EdgeHost) -> Void) {
            hosts = hosts.map { host in
                var changed = host
                if host.name == name { body(&changed) }
                return changed
            }
        }

        mutating func report(_ reason: String, level: String = "Yellow") {
            cluster.json["status", "health", "reasons"] = [
                ["level": .string(level), "reason": .string(reason), "message": "as reported"]
            ]
        }

        var targetName: String { RevisionFixture().with { $0["os"].packVersion = "2.2.0" }.revision.name }

        /// What was found, as `reason` or `reason host`, what blocks with a mark.
        var findings: [String] {
            let old = RevisionFixture().revision
            var new = RevisionFixture().with { fixture in
                if isPatch { fixture["metallb"].packVersion = "0.16.0" } else { fixture["os"].packVersion = "2.2.0" }
            }.revision
            new.json["spec", "os", "image"] = .string("r/ubuntu:2@\(digest)")
            let hosts = controlPlane.map { RolloutHost(name: $0, pool: "masters", role: .controlPlane) }
            let plan = UpdatePlan(
                from: old, to: new, hosts: hosts + [RolloutHost(name: "w1", pool: "tills", role: .worker)],
                pools: ["masters", "tills"])
            let preflight = Preflight(
                of: plan, to: new, cluster: cluster, hosts: self.hosts, updates: updates, revisions: [old, new],
                imageBytes: imageBytes, now: now)
            #expect(preflight.findings.allSatisfy { !$0.message.isEmpty && !$0.remedy.isEmpty })
            #expect(preflight.json.arrayValue?.count == preflight.findings.count)
            #expect(preflight.text.isEmpty == preflight.findings.isEmpty)
            return preflight.findings.map { finding in
                let mark = finding.severity == .blocks ? "!" : ""
                return mark + finding.reason + (finding.host.map { " \($0)" } ?? "")
            }
        }
    }

    private func findings(_ spoil: (inout Site) -> Void) -> [String] {
        var site = Site()
        spoil(&site)
        return site.findings
    }

    @Test("of a cluster that is well nothing is said")
    func well() { #expect(findings { _ in } == []) }

    @Test("hosts that are silent, unknown, in maintenance or about to lose their certificate are named")
    func hosts() {
        let silent = Condition("Reachable", .isFalse, reason: "HeartbeatMissing")
        #expect(findings { $0.change("w1") { $0.set(silent, now: Self.now) } } == ["HostSilent w1"])
        #expect(findings { $0.hosts.removeAll { $0.name == "m2" } } == ["HostUnknown m2"])
        #expect(findings { $0.change("m1") { $0.spec["maintenance"] = true } } == ["HostInMaintenance m1"])
        let soon = (Self.now + .seconds(3600)).rfc3339
        let spoiled = findings { $0.change("m3") { $0.json["status", "certificateExpires"] = .string(soon) } }
        #expect(spoiled == ["CertificateExpires m3"])
    }

    @Test("an image that fits into no slot, or cannot be fetched for want of room, blocks")
    func room() {
        func found(_ bytes: Int64, _ inventory: JSONValue) -> [String] {
            findings { site in
                site.imageBytes = bytes
                site.change("w1") { $0.json["status", "inventory"] = inventory }
            }
        }
        #expect(found(4_000_000_000, ["slotBytes": 4_000_000_000, "imageRoomBytes": 4_000_000_000]) == [])
        #expect(found(4_000_000_001, ["slotBytes": 4_000_000_000]) == ["!DiskTooSmall w1"])
        #expect(found(4_000_000_001, ["imageRoomBytes": 4_000_000_000]) == ["!DiskTooSmall w1"])
        #expect(found(4_000_000_001, [:]) == [], "what nobody has told blocks nobody")
        let patched = findings { site in
            (site.isPatch, site.imageBytes) = (true, 5_000_000_000)
            site.change("w1") { $0.json["status", "inventory"] = ["slotBytes": 1] }
        }
        #expect(patched == [], "nobody fetches it")
    }

    @Test("a quorum that can spare no member blocks, and so does a cluster that rests")
    func cluster() {
        #expect(findings { $0.report("EtcdMemberUnhealthy") } == ["!QuorumOneShort"])
        #expect(findings { $0.controlPlane = ["m1", "m2"] } == ["!QuorumOneShort"])
        #expect(findings { $0.controlPlane = ["m1"] } == [], "the plan itself names the downtime")
        #expect(findings { $0.cluster.spec["paused"] = true } == ["!ClusterPaused"])
        #expect(findings { $0.report("SiteUnreachable", level: "Unknown") } == ["HealthUnknown"])
        #expect(findings { $0.report("ResourceThreshold", level: "Red") } == ["DiskFull"])
        #expect(findings { $0.report("ResourceThreshold") } == [])
    }

    @Test("an operating system that a host went back from by its own fault blocks there, and nowhere else")
    func failedHere() {
        func past(_ phase: String, _ cause: String) -> [String] {
            findings { site in
                var update = ClusterUpdate(namespace: "default", name: "earlier")
                update.spec = ["clusterName": "berlin", "toRevision": "berlin-1-2-bbbbbbbbbb"]
                update.json["status", "hosts"] = [
                    ["name": "m2", "phase": .string(phase), "cause": .string(cause)]
                ]
                site.updates = [update]
            }
        }
        #expect(past("Reverted", "Host") == ["!FailedHere m2"])
        #expect(past("Reverted", "Cluster") == [])
        #expect(past("Done", "Host") == [])
    }

    @Test("what touches no host asks nothing of hosts")
    func workloads() {
        let found = findings {
            $0.isPatch = true
            $0.hosts = []
        }
        #expect(found == [])
    }

    @Test("a certificate of Kubernetes that ends before the update is through is found")
    func kubernetesCertificate() {
        func found(_ rest: Duration, forecastHours: Int = 0) -> [String] {
            var site = Site()
            let end = Self.now + rest
            site.cluster.json["status", "certificates"] = [
                "host": "m2", "name": "apiserver", "expires": .string(end.rfc3339),
            ]
            var update = ClusterUpdate(namespace: "default", name: "u1")
            let target = site.targetName
            update.json["spec", "toRevision"] = .string(target)
            let seconds = JSONValue(forecastHours * 3600)
            update.forecast = [
                "toRevision": .string(target), "safe": true,
                "totalSeconds": ["typical": seconds, "atLeast": seconds, "atMost": seconds],
            ]
            site.updates = [update]
            return site.findings
        }
        #expect(found(.seconds(86_400 * 40)) == [])
        #expect(found(.seconds(86_400 * 2)) == [])
        #expect(found(.seconds(3600)) == ["CertificateExpires m2"])
        #expect(found(.seconds(86_400 * 2), forecastHours: 49) == ["CertificateExpires m2"])
    }
}
