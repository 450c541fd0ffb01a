import APIMachinery
import ControlLoop
import CorbelAPI

/// The label that tells pods of one template from those of another, as Kubernetes names it.
let templateHashLabel = "pod-template-hash"

/// The pods that one workload controls, and how it makes new ones.
struct OwnedPods {
    private let owner: Unstructured
    /// All that are there, the ending ones included, in the order of their names.
    let all: [Pod]
    /// The hash of the template as it is now.
    let templateHash: String

    init(of owner: some Resource, in snapshot: Snapshot) {
        self.owner = Unstructured(owner)
        all = snapshot.list(Pod.self, namespace: owner.namespace).filter { $0.controllerReference?.uid == owner.uid }
        templateHash = String(StableHash.of((owner.spec["template"] ?? [:]).encoded), radix: 36)
    }

    /// Those that are not on their way out.
    var active: [Pod] { all.filter { !$0.isDeleting && !$0.isFinished } }

    /// Pods that ended by themselves: they are cleared away and replaced.
    var finished: [Pod] { all.filter { !$0.isDeleting && $0.isFinished } }

    func isCurrent(_ pod: Pod) -> Bool { pod.labels[templateHashLabel] == templateHash }

    /// A pod from the template.
    func make(named name: String) -> Pod {
        var pod = Pod(namespace: owner.namespace, name: name)
        let template = owner.spec["template"] ?? [:]
        pod.labels = (template["metadata", "labels"]?.stringMap ?? [:]).merging([templateHashLabel: templateHash]) {
            $1
        }
        pod.annotations = template["metadata", "annotations"]?.stringMap ?? [:]
        pod.spec = template["spec"] ?? [:]
        pod.setController(owner)
        return pod
    }

    /// Names that are free, ending pods holding theirs: the owner's name, the template's hash and an index.
    func freeNames(_ count: Int) -> [String] {
        let taken = Set(all.map(\.name))
        let candidates = (0..<(taken.count + count)).lazy.map { "\(owner.name)-\(templateHash.prefix(10))-\($0)" }
        return Array(candidates.filter { !taken.contains($0) }.prefix(count))
    }
}

extension Intent {
    static func delete(_ object: some Resource) -> Intent {
        .delete(object.key, uid: object.uid, resourceVersion: object.resourceVersion)
    }

    /// The status of `new`, where it differs from that of `old`.
    static func statusChange(from old: some Resource, to new: some Resource) -> [Intent] {
        old.status == new.status ? [] : [.updateStatus(Unstructured(new))]
    }
}

extension WatchedKind {
    /// Wakes a workload for its pods.
    static func pods(ofOwner kind: GroupKind) -> WatchedKind {
        WatchedKind(Pod.groupKind) { pod, _ in
            guard let owner = pod.controllerReference, owner.groupKind == kind else { return [] }
            return [ObjectKey(kind, namespace: pod.namespace, name: owner.name)]
        }
    }
}
