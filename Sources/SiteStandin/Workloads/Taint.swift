import CorbelAPI

/// A mark of a node that keeps pods away (core/v1 Taint).
struct Taint: Hashable {
    enum Effect: String {
        case noSchedule = "NoSchedule"
        case preferNoSchedule = "PreferNoSchedule"
        case noExecute = "NoExecute"
    }

    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"

    var key: String
    var value = ""
    var effect: Effect
    var timeAdded: Timestamp?

    init(_ key: String, _ effect: Effect, timeAdded: Timestamp? = nil) {
        self.key = key
        self.effect = effect
        self.timeAdded = timeAdded
    }

    init?(json: JSONValue) {
        guard let key = json["key"]?.stringValue, let effect = json["effect"]?.stringValue.flatMap(Effect.init) else {
            return nil
        }
        self.init(key, effect, timeAdded: json["timeAdded"]?.stringValue.flatMap(Timestamp.init(rfc3339:)))
        value = json["value"]?.stringValue ?? ""
    }

    var json: JSONValue {
        var json: JSONValue = ["key": .string(key), "effect": .string(effect.rawValue)]
        if !value.isEmpty { json["value"] = .string(value) }
        json["timeAdded"] = timeAdded.map { .string($0.rfc3339) }
        return json
    }

    /// Whether the node lifecycle controller sets and lifts the taint.
    var isOfCondition: Bool { key == Self.notReady || key == Self.unreachable }
}

/// What lets a pod onto a tainted node, or stay there for a while (core/v1 Toleration).
struct Toleration: Hashable {
    /// Empty tolerates every key.
    var key = ""
    var value: String?
    var effect: String?
    /// How long a pod stays on a node after a NoExecute taint; `nil` is for ever.
    var seconds: Int?

    init(key: String = "", value: String? = nil, effect: String? = nil, seconds: Int? = nil) {
        self.key = key
        self.value = value
        self.effect = effect
        self.seconds = seconds
    }

    init(json: JSONValue) {
        key = json["key"]?.stringValue ?? ""
        let comparesValue = json["operator"]?.stringValue != "Exists"
        value = comparesValue ? json["value"]?.stringValue ?? "" : nil
        effect = json["effect"]?.stringValue
        seconds = json["tolerationSeconds"]?.intValue
    }

    func tolerates(_ taint: Taint) -> Bool {
        (key.isEmpty || key == taint.key) && (value == nil || value == taint.value)
            && (effect == nil || effect == taint.effect.rawValue)
    }
}

extension Node {
    /// Taints that the stand-in does not understand are left alone, and are no reason for anything.
    var taints: [Taint] {
        get { (spec["taints"]?.arrayValue ?? []).compactMap(Taint.init(json:)) }
        set { json["spec", "taints"] = newValue.isEmpty ? .none : .some(.array(newValue.map(\.json))) }
    }
}

extension JSONValue {
    /// The tolerations of a pod's spec.
    var tolerations: [Toleration] { (self["tolerations"]?.arrayValue ?? []).map(Toleration.init(json:)) }

    /// Whether a pod's node selector (`spec.nodeSelector`) takes a node.
    func selects(_ node: Node) -> Bool {
        (self["nodeSelector"]?.stringMap ?? [:]).allSatisfy { node.labels[$0.key] == $0.value }
    }
}
