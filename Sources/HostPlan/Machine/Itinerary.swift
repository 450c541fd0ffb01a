import CorbelAPI

/// Which steps a task takes, forward and back.
///
///     type                    | forward                             | back
///     Repave                  | downloading writing prepared        | returning settling
///                             | [snapshotting] rebooting [applying] |
///                             | configuring validating              |
///     Repave, image is booted | prepared configuring validating     | configuringBack settling
///     Bootstrap, other image  | downloading writing prepared        | undoing returning
///                             | rebooting applying validating       |
///     Bootstrap               | prepared applying validating        | undoing
///     UpgradeKubernetes       | prepared [snapshotting] applying    | undoing configuringBack settling
///                             | configuring validating              |
///     Reboot                  | prepared configuring rebooting      | configuringBack rebootingBack
///                             | validating                          | settling
///     RestartServices         | prepared configuring restarting     | configuringBack restartingBack
///                             | validating                          | settling
///     ReloadConfiguration     | prepared configuring                | configuringBack
///     RenewCertificates       | prepared applying validating        |
///     etcd's tasks, Reset     | prepared applying                   |
///
/// `snapshotting` is taken by members of etcd before a Kubernetes minor moves, `applying` of a repave where the new
/// slot brings another Kubernetes. Whatever fails in `snapshotting` or before has changed nothing, and has no way back.
/// What failed in `rebooting` has only to return. A host that ran nothing before has nothing to settle on.
struct Itinerary {
    var progress: TaskProgress
    var hasEtcdMember: Bool

    /// The step after the present one; `nil` at the end.
    var next: TaskProgress.Step? {
        let steps = progress.step.isGoingBack ? back : forward
        guard let index = steps.firstIndex(of: progress.step), index + 1 < steps.count else { return nil }
        return steps[index + 1]
    }

    var forward: [TaskProgress.Step] {
        let change = progress.newSlot == nil ? [] : [TaskProgress.Step.downloading, .writing]
        return change + [.prepared] + forwardAfterGate
    }

    private var forwardAfterGate: [TaskProgress.Step] {
        let snapshot: [TaskProgress.Step] = hasEtcdMember && progress.changesKubernetesMinor ? [.snapshotting] : []
        switch progress.task.type {
        case .repave where progress.newSlot != nil:
            return snapshot + [.rebooting] + (progress.changesKubernetes ? [.applying] : []) + [
                .configuring, .validating,
            ]
        case .repave: return [.configuring, .validating]
        case .bootstrap: return (progress.newSlot == nil ? [] : [.rebooting]) + [.applying, .validating]
        case .upgradeKubernetes: return snapshot + [.applying, .configuring, .validating]
        case .reboot: return [.configuring, .rebooting, .validating]
        case .restartServices: return [.configuring, .restarting, .validating]
        case .reloadConfiguration: return [.configuring]
        case .renewCertificates: return [.applying, .validating]
        case .removeEtcdMember, .moveEtcdLeader, .snapshotEtcd, .reset: return [.applying]
        }
    }

    /// The way back of the task, whole. Its steps may take back what was not done: each leads to what ran before.
    var back: [TaskProgress.Step] {
        switch progress.task.type {
        case .repave where progress.newSlot != nil: [.returning] + settling
        case .bootstrap where progress.newSlot != nil: [.undoing, .returning]
        case .bootstrap: [.undoing]
        case .upgradeKubernetes: [.undoing] + configuringBack + settling
        case .repave: configuringBack + settling
        case .reboot: configuringBack + [.rebootingBack] + settling
        case .restartServices: configuringBack + [.restartingBack] + settling
        case .reloadConfiguration: configuringBack
        case .renewCertificates, .removeEtcdMember, .moveEtcdLeader, .snapshotEtcd, .reset: []
        }
    }

    /// Where the way back begins for a task that failed in its present step; `nil` where nothing was changed.
    var firstStepBack: TaskProgress.Step? {
        switch progress.step {
        case .downloading, .writing, .prepared, .snapshotting: nil
        case .rebooting where progress.newSlot != nil: .returning
        default: back.first
        }
    }

    private var settling: [TaskProgress.Step] { progress.wasBootstrapped ? [.settling] : [] }
    private var configuringBack: [TaskProgress.Step] { progress.previous == nil ? [] : [.configuringBack] }
}
