public import CorbelAPI

/// One fact that the agent must not forget. Each is whole in itself: what it says does not depend on the entries before
/// it.
public enum JournalEntry: Sendable, Hashable {
    case progress(TaskProgress)
    /// The end of a task. It ends the progress of the same task.
    case finished(HostTaskStatus)
    /// The host has left its cluster by this task. What the cluster has said is void: the next one counts its epochs
    /// anew, and may give tasks of the same names.
    case left(HostTaskStatus)
    /// What the host runs; `nil` for a host without a cluster.
    case running(HostState?)
    case seen(Authority)
    case failedImage(digest: String)
    /// A person wants the image to be tried again.
    case forgivenImage(digest: String)
    /// A copy of what the boot variables say, should both their copies be lost.
    case committed(Slot)
}

extension JournalEntry {
    var json: JSONValue {
        switch self {
        case .progress(let progress): ["progress": progress.json]
        case .finished(let status): ["finished": status.json]
        case .left(let status): ["left": status.json]
        case .running(let state): ["running": state?.json ?? .null]
        case .seen(let authority):
            ["seen": ["epoch": JSONValue(authority.epoch), "leaseTransitions": JSONValue(authority.leaseTransitions)]]
        case .failedImage(let digest): ["failedImage": .string(digest)]
        case .forgivenImage(let digest): ["forgivenImage": .string(digest)]
        case .committed(let slot): ["committed": .string(slot.rawValue)]
        }
    }

    init?(json: JSONValue) {
        guard let fields = json.objectValue, fields.count == 1, let (name, value) = fields.first else { return nil }
        let entry: JournalEntry? =
            switch name {
            case "progress": TaskProgress(json: value).map(JournalEntry.progress)
            case "finished": HostTaskStatus(json: value).map(JournalEntry.finished)
            case "left": HostTaskStatus(json: value).map(JournalEntry.left)
            case "running": value.isNull ? .running(nil) : HostState(json: value).map(JournalEntry.running)
            case "seen": Authority(json: value).map(JournalEntry.seen)
            case "failedImage": value.stringValue.map(JournalEntry.failedImage)
            case "forgivenImage": value.stringValue.map(JournalEntry.forgivenImage)
            case "committed": value.stringValue.flatMap(Slot.init).map(JournalEntry.committed)
            default: nil
            }
        guard let entry else { return nil }
        self = entry
    }
}

extension Authority {
    fileprivate init?(json: JSONValue) {
        guard let epoch = json["epoch"]?.intValue, let transitions = json["leaseTransitions"]?.intValue else {
            return nil
        }
        self.init(epoch: epoch, leaseTransitions: transitions)
    }
}
