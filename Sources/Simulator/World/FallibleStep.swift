import CorbelAPI
import HostPlan

/// A step that a host, or an API server asked on its behalf, may fail at.
enum FallibleStep: String, Sendable, Hashable, CaseIterable {
    case download, write, variables, commit, reboot
    case configuration, restart
    case bootstrap, upgrade, undo
    case snapshot, leadership, renewal
    /// Evictions from the host's node.
    case drain

    /// The step that an action is; nil for one that does not fail by itself.
    init?(_ operation: HostAction.Operation) {
        switch operation {
        case .downloadImage: self = .download
        case .writeSlot: self = .write
        case .setBootVariables: self = .variables
        case .commit: self = .commit
        case .reboot: self = .reboot
        case .applyConfiguration: self = .configuration
        case .restartServices: self = .restart
        case .runSteps(.bootstrap): self = .bootstrap
        case .runSteps(.upgradeKubernetes): self = .upgrade
        case .runSteps(.undoUpgrade): self = .undo
        case .snapshotEtcd: self = .snapshot
        case .moveEtcdLeader: self = .leadership
        case .renewCertificates: self = .renewal
        case .writeJournal, .rewriteJournal, .confirmEtcdQuorum, .removeEtcdMember, .resetHost, .report,
            .scheduleTick, .cancel:
            return nil
        }
    }

    /// The error that the effect gives.
    var failure: HostFailure {
        switch self {
        case .download: HostFailure(.digestMismatch, "what was fetched has another digest")
        case .write, .variables, .commit, .configuration: HostFailure(.io, "the device answers with an error")
        case .reboot, .restart: HostFailure(.commandFailed, "systemctl ended with 1")
        case .bootstrap, .upgrade, .undo, .renewal: HostFailure(.commandFailed, "kubeadm ended with 127")
        case .snapshot, .leadership: HostFailure(.timeout, "etcdctl did not end in time")
        case .drain: HostFailure(.unavailable, "a webhook does not answer")
        }
    }
}

/// For how long a step fails.
enum Failing: Sendable, Hashable, CustomStringConvertible {
    case times(Int)
    case lasting(Duration)

    var description: String {
        switch self {
        case .times(let times): "\(times) times"
        case .lasting(let duration): "for \(duration)"
        }
    }
}

/// How often, and until when, a step still fails.
struct FailingNow: Sendable, Hashable {
    private var left: Int
    private let end: Timestamp

    init(_ failing: Failing, from now: Timestamp) {
        switch failing {
        case .times(let times): (left, end) = (times, now + .seconds(1_000_000_000))
        case .lasting(let duration): (left, end) = (.max, now + duration)
        }
    }

    /// Whether another attempt fails.
    mutating func fails(at now: Timestamp) -> Bool {
        guard left > 0, now < end else { return false }
        left -= 1
        return true
    }
}
