import ControlLoop
import CorbelAPI

func key(_ name: String) -> ObjectKey { ConfigMap.key(namespace: "n", name: name) }

func second(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

func object(_ name: String, version: Int, uid: String? = nil, data: [String: String] = [:]) -> Unstructured {
    var map = ConfigMap(namespace: "n", name: name)
    map.uid = uid ?? "uid-\(name)"
    map.resourceVersion = String(version)
    map.data = data
    return Unstructured(map)
}

/// A reconciler that copies `wish` to `have`, and waits where there is no wish.
struct CopyingReconciler: Reconciler {
    var name = "copying"
    var primary: GroupKind { ConfigMap.groupKind }
    var watches: [WatchedKind] {
        [
            WatchedKind(Secret.groupKind) { secret, _ in
                [ConfigMap.key(namespace: secret.namespace, name: secret.name)]
            }
        ]
    }

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        guard var map: ConfigMap = snapshot.get(ConfigMap.self, namespace: key.namespace, name: key.name) else {
            return .done
        }
        guard let wish = map.data["wish"] else {
            return Outcome(waits: [
                Wait("NoWish", "nothing is wished", on: key, unblockedBy: "somebody writes data.wish")
            ])
        }
        guard map.data["have"] != wish else { return .done }
        map.data["have"] = wish
        return Outcome([.update(Unstructured(map))])
    }
}

/// A reconciler that looks again after half a minute, and says what the time was.
struct PunctualReconciler: Reconciler {
    var name = "punctual"
    var primary: GroupKind { ConfigMap.groupKind }
    var watches: [WatchedKind] { [] }

    func reconcile(_ key: ObjectKey, in snapshot: Snapshot, now: Timestamp) -> Outcome {
        Outcome(waits: [Wait("Time", now.rfc3339, on: key, unblockedBy: "time")], requeueAfter: .seconds(30))
    }
}

extension ControllerMachine {
    /// With a wall clock that has never jumped.
    mutating func handle(_ event: Event, now: Timestamp, random: Double) -> [Action] {
        handle([event], now: now, wallClock: now, random: random)
    }
}
