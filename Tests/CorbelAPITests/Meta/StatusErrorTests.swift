import CorbelAPI
import Testing

@Suite("A status error")
struct StatusErrorTests {
    @Test("is read back from its Status object, whatever the reason", arguments: StatusError.Reason.allCases)
    func roundTrip(reason: StatusError.Reason) {
        let full = StatusError(
            reason, "why", causes: [.init(reason: "FieldValueInvalid", message: "no", field: "spec.a[0]")],
            group: "corbel.dev", kind: "packs", name: "a", retryAfter: .seconds(7))
        let bare = StatusError(reason, "why")
        #expect(StatusError(json: full.json) == full)
        #expect(StatusError(json: bare.json) == bare)
        #expect(bare.json["code"]?.intValue == reason.code)
        #expect(bare.json["details"] == nil)
    }

    @Test("is written as kubectl reads it")
    func json() {
        let error = StatusError.notFound(GroupResource("corbel.dev", "packs"), "a")
        #expect(
            error.json == [
                "apiVersion": "v1", "kind": "Status", "metadata": [:], "status": "Failure", "reason": "NotFound",
                "code": 404, "message": "packs.corbel.dev \"a\" not found",
                "details": ["group": "corbel.dev", "kind": "packs", "name": "a"],
            ])
    }

    @Test(
        "asks to wait no less than it means, in whole seconds",
        arguments: [(.zero, 1), (.milliseconds(1), 1), (.seconds(2), 2), (.milliseconds(2_001), 3)] as [(Duration, Int)]
    )
    func retryAfter(duration: Duration, seconds: Int) {
        let json = StatusError(.tooManyRequests, "later", retryAfter: duration).json
        #expect(json["details", "retryAfterSeconds"]?.intValue == seconds)
    }

    @Test(
        "without a reason that is known is judged by its code",
        arguments: [
            (400, .badRequest), (401, .unauthorized), (403, .forbidden), (404, .notFound), (405, .methodNotAllowed),
            (406, .notAcceptable), (409, .conflict), (410, .gone), (413, .requestEntityTooLarge),
            (415, .unsupportedMediaType), (418, .badRequest), (422, .invalid), (429, .tooManyRequests),
            (500, .internalError), (502, .internalError), (503, .serviceUnavailable), (504, .timeout),
        ] as [(Int, StatusError.Reason)])
    func unknownReason(code: Int, reason: StatusError.Reason) {
        #expect(StatusError(json: ["code": JSONValue(code)]).reason == reason)
        #expect(StatusError(json: ["code": JSONValue(code), "reason": "NewReason"]).reason == reason)
    }

    @Test("of an answer that is no Status blames the server")
    func noStatus() {
        for json: JSONValue in [[:], .null, "text", ["code": "404"]] {
            let error = StatusError(json: json)
            #expect(error.reason == .internalError)
            #expect(error.message == "the server answered 500 without a message")
        }
    }

    @Test("may pass without a change where the server, and not the request, is at fault")
    func transient() {
        let transient = StatusError.Reason.allCases.filter { StatusError($0, "").isTransient }
        #expect(transient == [.tooManyRequests, .internalError, .serviceUnavailable, .timeout])
    }

    @Test("of invalid fields names each of them")
    func invalidFields() {
        let problems = [
            FieldError.required("spec.type"), .invalid("spec.pools[0].name", "A", "must be lower-case"),
        ]
        let kind = GroupKind("corbel.dev", "EdgeCluster")
        let one = StatusError.invalid(kind, "a", [problems[0]])
        let both = StatusError.invalid(kind, "a", problems)
        let text = #"spec.type: Required value, spec.pools[0].name: Invalid value: "A": must be lower-case"#
        #expect(one.message == #"EdgeCluster.corbel.dev "a" is invalid: spec.type: Required value"#)
        #expect(both.message == #"EdgeCluster.corbel.dev "a" is invalid: ["# + text + "]")
        #expect(both.causes.map(\.field) == ["spec.type", "spec.pools[0].name"])
        #expect(both.causes.map(\.reason) == ["FieldValueRequired", "FieldValueInvalid"])
    }

    @Test("shows no more of a value than fits into a line")
    func excerpt() {
        let error = FieldError.invalid("spec.values", JSONValue(String(repeating: "x", count: 100)), "is too odd")
        #expect(
            error.description
                == #"spec.values: Invalid value: ""# + String(repeating: "x", count: 76) + "...: is too odd")
    }
}
