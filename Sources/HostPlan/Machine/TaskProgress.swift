public import CorbelAPI

/// How far a task is, as the journal keeps it.
public struct TaskProgress: Sendable, Hashable {
    /// What the host does for a task. Which steps a type takes, and in which order, is said by its itinerary.
    public enum Step: String, Sendable, Hashable, CaseIterable {
        case downloading, writing
        /// Waits for the gate. All before it disturbs nobody, and may be abandoned; all after it is finished.
        case prepared
        case snapshotting, rebooting, applying, configuring, restarting, validating
        // The way back.
        case undoing, configuringBack, restartingBack, rebootingBack
        /// Goes back to the committed slot.
        case returning
        /// Waits until the host is well on what it ran before.
        case settling

        public var isGoingBack: Bool {
            switch self {
            case .undoing, .configuringBack, .restartingBack, .rebootingBack, .returning, .settling: true
            default: false
            }
        }

        /// Whether the task may still be dropped without a trace.
        public var isBeforeGate: Bool {
            switch self {
            case .downloading, .writing, .prepared: true
            default: false
            }
        }

        /// Steps that never give up, because there is nowhere else to go.
        var isUnlimited: Bool { self == .rebooting || self == .rebootingBack || self == .returning }
    }

    public var task: HostTask
    public var step: Step
    /// When the step began, as the wall clock said.
    public var since: Timestamp?
    /// What ran when the task was accepted.
    public var previous: HostState?
    /// The slot that the task boots into; `nil` for a task that stays where it is.
    public var newSlot: Slot?
    /// The boot in which the step began.
    public var bootID: String
    /// How many times the new slot has been started.
    public var boots: Int
    public var clock: ValidationClock?
    /// Why the host goes back.
    public var cause: HostTaskStatus.Cause?
    public var reason: String
    public var message: String
    public var cannotBeUndone: [String]
    public var result: JSONValue?

    public init(task: HostTask, step: Step, previous: HostState?, newSlot: Slot?, bootID: String) {
        self.task = task
        self.step = step
        self.previous = previous
        self.newSlot = newSlot
        self.bootID = bootID
        boots = 0
        reason = ""
        message = ""
        cannotBeUndone = []
    }

    /// Whether Kubernetes ran before the task.
    var wasBootstrapped: Bool { previous.map { !$0.kubernetesVersion.isEmpty } ?? false }

    /// Whether the host is on its way into a cluster that others have begun. It may have a vote in etcd by then, and
    /// the others no quorum without it: while they do not answer, nobody can tell, and it does not turn round.
    var isJoining: Bool {
        task.type == .bootstrap && step == .applying && task.parameters["mode"] == HostConfig.Mode.join.rawValue
    }

    var changesKubernetes: Bool {
        guard wasBootstrapped, let previous, let target = task.target else { return false }
        return previous.kubernetesVersion != target.kubernetesVersion
    }

    /// Whether a Kubernetes minor moves, and with it perhaps the format of what etcd keeps.
    var changesKubernetesMinor: Bool {
        guard changesKubernetes, let previous, let target = task.target else { return false }
        return previous.kubernetesMinor != target.kubernetesMinor
    }
}

extension HostState {
    fileprivate var kubernetesMinor: [Substring] { Array(kubernetesVersion.split(separator: ".").prefix(2)) }
}
