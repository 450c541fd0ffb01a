import CorbelAPI
import Testing

@Suite("A condition")
struct ConditionTests {
    private static let first = Timestamp(seconds: 1_000)
    private static let later = Timestamp(seconds: 2_000)

    private static func ready(_ status: Condition.Status, reason: String = "Because") -> Condition {
        Condition("Ready", status, reason: reason, message: "a sentence", observedGeneration: 2)
    }

    @Test("changes its transition time with its status only")
    func transition() {
        var object = Unstructured(json: [:])
        object.set(Self.ready(.isTrue), now: Self.first)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.first)
        object.set(Self.ready(.isTrue, reason: "Other"), now: Self.later)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.first)
        #expect(object.condition("Ready")?.reason == "Other")
        object.set(Self.ready(.isFalse), now: Self.later)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.later)
        object.set(Self.ready(.unknown), now: Self.later + .seconds(1))
        #expect(object.condition("Ready")?.lastTransitionTime == Self.later + .seconds(1))
        #expect(object.conditions.count == 1)
    }

    @Test("takes its transition time from the moment, not from whoever sets it")
    func ownTime() {
        var object = Unstructured(json: [:])
        var condition = Self.ready(.isTrue)
        condition.lastTransitionTime = Timestamp(seconds: 5)
        object.set(condition, now: Self.first)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.first)
    }

    @Test("that had no transition time gets one")
    func missingTime() {
        var object = Unstructured(json: ["status": ["conditions": [["type": "Ready", "status": "True"]]]])
        object.set(Self.ready(.isTrue), now: Self.later)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.later)
    }

    @Test("is written over what is there, and leaves alone what it does not know")
    func unknownFields() {
        let other: JSONValue = ["type": "Other", "status": "Odd", "extra": [1]]
        var object = Unstructured(json: [
            "status": ["phase": "x", "conditions": [other, ["type": "Ready", "status": "False", "severity": "Info"]]]
        ])
        object.set(Self.ready(.isTrue), now: Self.first)
        #expect(
            object.json == [
                "status": [
                    "phase": "x",
                    "conditions": [
                        other,
                        [
                            "type": "Ready", "status": "True", "reason": "Because", "message": "a sentence",
                            "lastTransitionTime": "1970-01-01T00:16:40Z", "observedGeneration": 2, "severity": "Info",
                        ],
                    ],
                ]
            ])
    }

    @Test("set again changes nothing")
    func idempotent() {
        var object = Unstructured(json: [:])
        object.set(Self.ready(.isTrue), now: Self.first)
        let before = object
        object.set(Self.ready(.isTrue), now: Self.later)
        #expect(object == before)
    }

    @Test("is read as far as it goes")
    func reading() {
        let object = Unstructured(json: [
            "status": ["conditions": ["text", ["status": "True"], ["type": "A"], ["type": "B", "status": "True"]]]
        ])
        #expect(object.conditions.map(\.type) == ["A", "B"])
        #expect(object.condition("A") == Condition("A", .unknown, reason: ""))
        #expect(object.condition("C") == nil)
        #expect(object.isTrue("B") && !object.isTrue("A") && !object.isTrue("C"))
    }

    @Test("is removed by its type")
    func removal() {
        var object = Unstructured(json: [:])
        object.removeCondition("Ready")
        #expect(object.json == [:])
        object.set(Self.ready(.isTrue), now: Self.first)
        object.set(Condition("Other", .isTrue, reason: "R"), now: Self.first)
        object.removeCondition("Ready")
        #expect(object.conditions.map(\.type) == ["Other"])
    }

    @Test("has a status from a truth value")
    func truth() { #expect([true, false].map { Condition.Status($0).rawValue } == ["True", "False"]) }
}
