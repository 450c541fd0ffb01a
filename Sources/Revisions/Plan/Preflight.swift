public import CorbelAPI

/// What would hold up an update or put it at risk, by what the centre knows before anybody approves it.
///
///     reason               what is seen
///     ClusterPaused        the cluster's reconciliation rests
///     HostUnknown          a host that the update disturbs has never registered
///     HostSilent           it is not heard of
///     HostInMaintenance    it is to be left alone
///     FailedHere           it went back from this operating system before
///     CertificateExpires   its certificate ends within a day, though agents renew theirs long before that
///                          the first of Kubernetes' own ends before the update would be through, by its forecast or
///                          in a day, though hosts renew those a month before
///     QuorumOneShort       etcd cannot spare a member: one is unwell, or there are only two
///     DiskTooSmall         the image does not fit into its slot, or it has no room to fetch it
///     DiskFull             the cluster reports a disk that is almost full
///     HealthUnknown        nothing is heard of the site
public struct Preflight: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable {
        /// The update does not come through until the remedy.
        case blocks = "Blocks"
        /// It comes through later, or not, by chance.
        case risks = "Risks"
    }

    public struct Finding: Sendable, Hashable {
        public var severity: Severity
        /// One word in CamelCase that programs branch on.
        public var reason: String
        /// The host that it is about, where it is one.
        public var host: String?
        public var message: String
        /// What has to happen for it to go away.
        public var remedy: String
    }

    /// How long before its end a certificate that nobody has renewed is worth a word.
    private static let expiry = Duration.seconds(86_400)

    /// What blocks first, then by host in the order of the rollout.
    public let findings: [Finding]

    /// - Parameters:
    ///   - target: The revision that the plan leads to.
    ///   - hosts: The EdgeHosts of the cluster's namespace.
    ///   - updates: Those of the cluster, and the revisions that they led to.
    ///   - imageBytes: How long the image of the target's operating system is, where somebody knows.
    public init(
        of plan: UpdatePlan, to target: ClusterRevision, cluster: EdgeCluster, hosts: [EdgeHost],
        updates: [ClusterUpdate], revisions: [ClusterRevision], imageBytes: Int64? = nil, now: Timestamp
    ) {
        let touched = plan.hosts.filter(\.impact.touchesHosts)
        guard !touched.isEmpty, plan.fromRevision != nil else {
            findings = []
            return
        }
        let failed = Self.failedHosts(with: target, updates, revisions)
        let byHost = touched.flatMap { planned -> [Finding] in
            let host = hosts.first { $0.name == planned.host.name }
            let own = host.map { Self.findings(of: $0, now: now) } ?? [Self.unknown(planned.host.name)]
            let hasFailed = planned.impact == .repave && failed.contains(planned.host.name)
            let room = planned.impact == .repave ? host.flatMap { Self.room(on: $0, for: imageBytes) } : nil
            return own + [room].compactMap(\.self) + (hasFailed ? [Self.failedHere(planned.host.name, target)] : [])
        }
        let forecast = updates.last { $0.toRevision == target.name }.flatMap(UpdateForecast.init(of:))?.total?.atMost
        let end = now + max(Self.expiry, forecast ?? .zero)
        let all = Self.findings(of: cluster, plan) + Self.findings(of: cluster.certificates, before: end) + byHost
        findings = all.filter { $0.severity == .blocks } + all.filter { $0.severity != .blocks }
    }

    // MARK: The cluster

    private static func findings(of cluster: EdgeCluster, _ plan: UpdatePlan) -> [Finding] {
        var findings: [Finding] = []
        if cluster.spec["paused"]?.boolValue == true {
            findings.append(
                Finding(
                    severity: .blocks, reason: "ClusterPaused", message: "the reconciliation of \(cluster.name) rests",
                    remedy: "somebody takes back spec.paused of the EdgeCluster"))
        }
        let reasons = cluster.json["status", "health", "reasons"]?.arrayValue ?? []
        func messages(_ reason: String, _ level: String? = nil) -> [String] {
            reasons.filter {
                $0["reason"]?.stringValue == reason && (level == nil || $0["level"]?.stringValue == level)
            }.compactMap { $0["message"]?.stringValue }
        }
        findings += messages("SiteUnreachable").map {
            Finding(
                severity: .risks, reason: "HealthUnknown", message: $0,
                remedy: "the link comes back: the site hears of the approval then, and begins")
        }
        findings += messages("ResourceThreshold", "Red").map {
            Finding(severity: .risks, reason: "DiskFull", message: $0, remedy: "somebody makes room on it")
        }
        return findings + quorum(of: plan, unwell: messages("EtcdMemberUnhealthy") + messages("QuorumLost"))
    }

    private static func findings(of certificate: ExpiringCertificate?, before end: Timestamp) -> [Finding] {
        guard let certificate, certificate.first.expires < end else { return [] }
        let first = certificate.first
        return [
            Finding(
                severity: .risks, reason: "CertificateExpires", host: certificate.host,
                message: "the certificate of Kubernetes \(first.name) on \(certificate.host) ends at "
                    + "\(first.expires.rfc3339), perhaps before the update is through, and nobody has renewed it",
                remedy: "the control plane's condition CertificatesValid says why; spec.certificates.renewAfter of the "
                    + "EdgeCluster, set to the present time, has it renewed now")
        ]
    }

    private static func quorum(of plan: UpdatePlan, unwell: [String]) -> [Finding] {
        let members = plan.hosts.filter { $0.host.role == .controlPlane }
        guard members.count > 1, members.contains(where: \.impact.interruptsHosts) else { return [] }
        if members.count == 2 {
            return [
                Finding(
                    severity: .blocks, reason: "QuorumOneShort",
                    message: "etcd has two members and can spare none of them",
                    remedy: "a third host joins the control plane")
            ]
        }
        return unwell.map {
            Finding(
                severity: .blocks, reason: "QuorumOneShort", message: $0,
                remedy: "every member of etcd is healthy: no host of the control plane goes down before that")
        }
    }

    // MARK: Hosts

    private static func unknown(_ host: String) -> Finding {
        Finding(
            severity: .risks, reason: "HostUnknown", host: host, message: "no EdgeHost has the name \(host)",
            remedy: "it registers, or it leaves the pool")
    }

    private static func findings(of host: EdgeHost, now: Timestamp) -> [Finding] {
        var findings: [Finding] = []
        if let reachable = host.condition("Reachable"), reachable.status != .isTrue {
            let since = reachable.lastTransitionTime.map { " since \($0.rfc3339)" } ?? ""
            findings.append(
                Finding(
                    severity: .risks, reason: "HostSilent", host: host.name,
                    message: "\(host.name) is not heard of\(since): the rollout waits when its turn comes",
                    remedy: "it comes back, or it is replaced"))
        }
        if host.spec["maintenance"]?.boolValue == true {
            findings.append(
                Finding(
                    severity: .risks, reason: "HostInMaintenance", host: host.name,
                    message: "\(host.name) is in maintenance", remedy: "somebody takes back spec.maintenance of it"))
        }
        let end = host.json["status", "certificateExpires"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        if let end, end < now + expiry {
            let tense = end < now ? "ended" : "ends"
            findings.append(
                Finding(
                    severity: .risks, reason: "CertificateExpires", host: host.name,
                    message: "the certificate of \(host.name) \(tense) at \(end.rfc3339), and it has not renewed it",
                    remedy: "it reaches the centre; after the end it has to be registered again"))
        }
        return findings
    }

    /// Whether a host has no place for an image, in its slot or on its way there.
    private static func room(on host: EdgeHost, for imageBytes: Int64?) -> Finding? {
        guard let imageBytes else { return nil }
        let inventory = host.json["status", "inventory"]
        for (field, place) in [("slotBytes", "its slot"), ("imageRoomBytes", "the place where it fetches images")] {
            guard let room = inventory?[field]?.intValue, Int64(room) < imageBytes else { continue }
            let (needed, there) = (ByteCount.text(imageBytes), ByteCount.text(Int64(room)))
            return Finding(
                severity: .blocks, reason: "DiskTooSmall", host: host.name,
                message: "the image has \(needed), and \(place) on \(host.name) has room for \(there)",
                remedy: field == "slotBytes"
                    ? "another image, or a host with larger slots" : "somebody makes room on it"
            )
        }
        return nil
    }

    private static func failedHere(_ host: String, _ target: ClusterRevision) -> Finding {
        Finding(
            severity: .blocks, reason: "FailedHere", host: host,
            message: "\(host) went back from the operating system \(target.osVersion) before, and refuses it",
            remedy: "another image; or the rollout halts there, and somebody allows another attempt of it")
    }

    /// The hosts that went back from the target's operating system in an update that went before.
    private static func failedHosts(
        with target: ClusterRevision, _ updates: [ClusterUpdate], _ revisions: [ClusterRevision]
    ) -> Set<String> {
        let digest = ImageDigest.of(reference: target.osImage)
        let names = Set(revisions.filter { ImageDigest.of(reference: $0.osImage) == digest }.map(\.name))
        let earlier = updates.filter { names.contains($0.toRevision) }
        return Set(
            earlier.flatMap { $0.json["status", "hosts"]?.arrayValue ?? [] }
                .filter { $0["phase"]?.stringValue == "Reverted" && $0["cause"]?.stringValue == "Host" }
                .compactMap { $0["name"]?.stringValue })
    }
}

// For programs and people.
extension Preflight {
    /// `[{severity, reason, host?, message, remedy}]`.
    public var json: JSONValue {
        .array(
            findings.map { finding in
                var json: JSONValue = [
                    "severity": .string(finding.severity.rawValue), "reason": .string(finding.reason),
                    "message": .string(finding.message), "remedy": .string(finding.remedy),
                ]
                json["host"] = finding.host.map { .string($0) }
                return json
            })
    }

    /// Lines for people; none where nothing was found.
    public var text: String {
        guard !findings.isEmpty else { return "" }
        let lines = findings.flatMap { finding in
            ["    \(finding.severity == .blocks ? "blocks" : "risk"): \(finding.message)", "        \(finding.remedy)"]
        }
        return (["Before you approve:"] + lines).joined(separator: "\n") + "\n"
    }
}
