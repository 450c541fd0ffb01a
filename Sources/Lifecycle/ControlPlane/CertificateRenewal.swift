import ControlLoop
import CorbelAPI

/// Has the hosts of a control plane renew their certificates of Kubernetes, one host at a time.
///
///     situation, first match                                        step
///     a host was asked and is at it                                 wait for it
///     no host's certificates are due                                none; look again when the first are
///     a host of the control plane is disturbed through an update,
///     joins, leaves or does not serve                               wait, unless the end is near
///     the host that is first has failed                             ask again, later and later
///     else                                                          ask the host whose certificates end first
///
/// Due is what ends within thirty days, and what somebody has asked for since. A renewal takes no node away and no
/// member of etcd: the API server, the scheduler and the controllers of one host start anew. So when the end is near it
/// waits for nobody who is down anyway: certificates that end take all of that away for longer.
struct CertificateRenewal {
    /// As the system that is the measure here has it; kubeadm's certificates do not tell how long they were made for.
    private static let period = Duration.seconds(30 * 86_400)
    /// From here on nobody who is down is waited for.
    private static let lastCall = Duration.seconds(7 * 86_400)
    /// A clock that was wrong is noticed after a day.
    private static let longestPause = Duration.seconds(86_400)
    /// How long a host that is asked may be silent before the others go on without it.
    private static let patience = Duration.seconds(300)

    private let scope: ClusterScope
    private let term: LeadershipTerm
    private let now: Timestamp
    private let hosts: [Host]
    private let isAutomatic: Bool

    init(_ scope: ClusterScope, _ term: LeadershipTerm, _ now: Timestamp) {
        self.scope = scope
        self.term = term
        self.now = now
        let edgeCluster = scope.edgeCluster
        isAutomatic = edgeCluster?.certificateRenewal != .onRequest
        let request = edgeCluster?.renewCertificatesAfter.flatMap { $0 <= now ? $0 : nil }
        let isRunHere = scope.plane == .site
        hosts = isRunHere ? scope.hostMachines.compactMap { Host($0, request: request) } : []
    }

    func advance(_ decision: inout Decision) {
        if let busy = hosts.first(where: { $0.isUnderWay && !isSilent($0) }) {
            return decision.wait(progress(of: busy))
        }
        let due = hosts.filter(isDue).sorted { ($0.first.expires, $0.name) < ($1.first.expires, $1.name) }
        guard !due.isEmpty else { return lookLater(&decision) }
        var waits: [Wait] = []
        for host in due {
            if let wait = obstacle(to: host) {
                waits.append(wait)
            } else if let rest = host.pause(now) {
                decision.lookAgain(after: rest)
                waits.append(failure(of: host))
            } else {
                ask(host, &decision)
                return decision.wait(progress(of: host))
            }
        }
        // Whoever is in the way may leave it without a word to this reconciler.
        decision.lookAgain(after: .seconds(30))
        decision.wait(waits)
    }

    private func isDue(_ host: Host) -> Bool {
        host.isRequested || isAutomatic && host.first.ends(within: Self.period, of: now)
    }

    /// Looks again when the first certificates are due.
    private func lookLater(_ decision: inout Decision) {
        let ends = hosts.map(\.first.expires).min()
        let later = scope.edgeCluster?.renewCertificatesAfter.flatMap { $0 > now ? $0 - now : nil }
        let next = ends.flatMap { isAutomatic ? $0 - now - Self.period : nil }
        guard let first = [later, next].compactMap(\.self).min() else { return }
        decision.lookAgain(after: min(max(first, .seconds(1)), Self.longestPause))
    }

    private func ask(_ host: Host, _ decision: inout Decision) {
        var told = host.machine
        let attempt = RenewalAttempt(after: host.attempt, for: host, at: now)
        told.annotations[Annotation.certificateRenewal] = attempt.json.encodedText
        told.task = HostTask(
            id: "renew-certificates-\(attempt.id)", type: .renewCertificates, epoch: scope.epoch,
            leaseTransitions: term.transitions,
            parameters: host.isRequested ? [:] : ["withinSeconds": String(Self.period.components.seconds)])
        decision.update(told, from: host.machine)
    }

    // MARK: What is in the way

    private func obstacle(to host: Host) -> Wait? {
        if !host.machine.canTakeUpdateTask {
            return Wait(
                "WaitingForHost", "\(host.name) renews its certificates when it is through with its task",
                on: host.machine.key, since: host.machine.currentTaskStatus?.since,
                unblockedBy: "the agent of \(host.name) finishes its task \(host.machine.task?.type.rawValue ?? "")")
        }
        if isSilent(host) {
            return Wait(
                "NodeNotReady", "\(host.name), whose certificates are to be renewed, is not heard of",
                on: Node.key(name: host.name),
                unblockedBy: "the node \(host.name) is heard of; its agent renews by itself what is about to end")
        }
        return host.first.ends(within: Self.lastCall, of: now) ? nil : unrest(besides: host)
    }

    /// Why another time is better.
    private func unrest(besides host: Host) -> Wait? {
        let machines = scope.machines.filter(\.isControlPlane).map { MachineView($0, in: scope) }
        if let obstacle = machines.lazy.filter(\.hasBegun).compactMap(\.obstacle).first { return obstacle }
        guard let update = scope.activeUpdate, update.phase == .progressing else { return nil }
        return Wait(
            "UpdateUnderWay", "certificates are renewed between updates, not during one", on: update.key,
            unblockedBy: "the update \(update.name) completes, halts or is aborted")
    }

    private func isSilent(_ host: Host) -> Bool {
        guard let ready = scope.node(ofHost: host.name)?.condition("Ready"), ready.status == .unknown else {
            return false
        }
        return ready.lastTransitionTime.map { now - $0 >= Self.patience } ?? true
    }

    // MARK: What is said

    private func progress(of host: Host) -> Wait {
        Wait(
            "RenewingCertificates", "\(host.name) renews its certificates of Kubernetes", on: host.machine.key,
            since: host.machine.currentTaskStatus?.since,
            unblockedBy: "the agent of \(host.name) finishes its task RenewCertificates")
    }

    private func failure(of host: Host) -> Wait {
        Wait(
            "CertificateRenewalFailed", host.failure ?? "\(host.sentence): it is due again as soon as it was renewed",
            on: host.machine.key,
            since: host.machine.currentTaskStatus?.since,
            unblockedBy:
                "it is tried again by itself, at most a day later; at once when spec.certificates.renewAfter of "
                + "the EdgeCluster is set to the present time")
    }

    /// Nil while no host has told when its certificates end.
    var condition: Condition? {
        guard let first = hosts.min(by: { $0.first.expires < $1.first.expires }) else { return nil }
        func say(_ holds: Bool, _ reason: String, _ message: String = "") -> Condition {
            Condition("CertificatesValid", .init(holds), reason: reason, message: message)
        }
        if first.first.expires <= now {
            return say(false, "Expired", "\(first.sentence); its agent renews it by itself\(first.trouble)")
        }
        if let failed = hosts.first(where: { $0.failure != nil }) {
            return say(false, "RenewalFailed", failed.failure ?? "")
        }
        if !isAutomatic, first.first.ends(within: Self.period, of: now) {
            return say(
                false, "RenewalNotRequested",
                "\(first.sentence), and renewal is OnRequest: set spec.certificates.renewAfter of the EdgeCluster")
        }
        return say(true, "Valid")
    }
}

extension CertificateRenewal {
    /// A host that has told when its certificates end.
    struct Host {
        let machine: HostMachine
        let first: HostCertificates
        /// When somebody last asked for a renewal.
        let request: Timestamp?
        let attempt: RenewalAttempt?

        init?(_ machine: HostMachine, request: Timestamp?) {
            guard machine.role == .controlPlane, machine.hasBootstrapped, !machine.isDeleting,
                let first = machine.certificates
            else { return nil }
            self.machine = machine
            self.first = first
            // Whoever joined after the request has certificates that are younger than it.
            self.request = request.flatMap { (machine.creationTimestamp ?? $0) <= $0 ? $0 : nil }
            attempt = machine.annotation(Annotation.certificateRenewal).flatMap(RenewalAttempt.init(text:))
        }

        var name: String { machine.hostName }

        /// Whether the attempt was at these very certificates, which it has not replaced then.
        private var isAtThese: Bool { attempt?.expires == first.expires.rfc3339 }

        /// Whether somebody wants certificates renewed that have not been since.
        var isRequested: Bool {
            guard let request else { return false }
            return attempt?.request == request.rfc3339 ? isAtThese : true
        }

        var isUnderWay: Bool { machine.isAskedForCertificates && !machine.isIdle }

        /// How long the next attempt is to wait yet; nil where it is due. Certificates that are new and due again at
        /// once, because they are made for a short time, are no reason to restart a control plane without end.
        func pause(_ now: Timestamp) -> Duration? {
            guard let attempt, attempt.request == request?.rfc3339 else { return nil }
            let pause = min(.seconds(60) * (1 << min(attempt.number - 1, 12)), CertificateRenewal.longestPause)
            // A clock that was set back must not hold anybody up for longer than the pause itself.
            let rest = min(attempt.at + pause - now, pause)
            return rest > .zero ? rest : nil
        }

        /// What became of an attempt that left the certificates as they were; nil where none did.
        var failure: String? {
            guard isAtThese, !isUnderWay, let attempt else { return nil }
            let status = machine.isAskedForCertificates ? machine.currentTaskStatus : nil
            let why =
                status?.phase.isFailure == true
                ? status?.message ?? "" : "they end as soon as before: look at the host's clock"
            return "\(name) could not renew its certificates in attempt \(attempt.number): \(why); \(sentence)"
        }

        var sentence: String { "\(first.name) of \(name) ends at \(first.expires.rfc3339)" }
        var trouble: String { first.message.isEmpty ? "" : ", and could not: \(first.message)" }
    }
}

/// What a host was last asked to renew, as its HostMachine remembers it.
struct RenewalAttempt {
    /// How often it was asked for the same.
    var number: Int
    var at: Timestamp
    /// When the first of its certificates ended then, and whose request it was; RFC 3339.
    var expires: String
    var request: String?

    init(after last: RenewalAttempt?, for host: CertificateRenewal.Host, at now: Timestamp) {
        expires = host.first.expires.rfc3339
        request = host.request?.rfc3339
        at = now
        number = 1
        guard let last, last.request == request, last.expires == expires || last.isRecent(at: now) else { return }
        number = last.number + 1
    }

    /// Whether another one now is the next of a row.
    private func isRecent(at now: Timestamp) -> Bool { now - at < .seconds(2 * 86_400) && at <= now }

    init?(text: String) {
        guard let json = try? JSONValue(parsing: Array(text.utf8)), let expires = json["expires"]?.stringValue,
            let at = json["at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
        else { return nil }
        self.expires = expires
        self.at = at
        number = json["attempt"]?.intValue ?? 1
        request = json["request"]?.stringValue
    }

    var json: JSONValue {
        var json: JSONValue = [
            "attempt": JSONValue(number), "at": .string(at.rfc3339), "expires": .string(expires),
        ]
        json["request"] = request.map { .string($0) }
        return json
    }

    /// The same id is the same task: every attempt has its own.
    var id: String { "\(at.rfc3339)-\(number)" }
}

extension HostMachine {
    /// Whether its present task is to renew its certificates.
    var isAskedForCertificates: Bool {
        json["spec", "task", "type"] == .string(HostTask.TaskType.renewCertificates.rawValue)
    }
}
