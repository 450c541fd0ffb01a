import CorbelAPI
import Profiles
import Revisions
import Testing

@Suite("Formats of variables")
struct VariableFormatTests {
    struct Format: Sendable, CustomTestStringConvertible {
        var name: String
        var valid: [JSONValue]
        var invalid: [JSONValue]
        var requirement: String
        var testDescription: String { name }
    }

    static let formats = [
        Format(name: "string", valid: ["", "x", "1", "a b"], invalid: [1, true, ["x"]], requirement: "a string"),
        Format(
            name: "number", valid: [3, -1.5, "3", "0.5", "-1e3"],
            invalid: ["three", "", "0x10", true, "1 2", "NaN", "[1]", "null"],
            requirement: "a number, such as 3 or 0.5"),
        Format(
            name: "boolean", valid: [true, false, "true", "false"], invalid: ["yes", "True", 1, ""],
            requirement: "true or false"),
        Format(
            name: "ipv4", valid: ["10.0.0.1", "255.255.255.255", "0.0.0.0"],
            invalid: [
                "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/8", "a.b.c.d", "", 10, "10.0.0.1 ", "1.2.3.4.5",
                "+1.2.3.4",
            ],
            requirement: "an IPv4 address, such as 10.0.0.1"),
        Format(
            name: "ipv4cidr", valid: ["10.0.0.0/16", "0.0.0.0/0", "10.1.2.3/32"],
            invalid: ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.0/08", "fd00::/8", "10.0.0.0/8/8"],
            requirement: "an IPv4 network, such as 10.0.0.0/16"),
        Format(
            name: "ipv6",
            valid: [
                "::", "::1", "fd00::1", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "1::8", "2001:DB8::A", "1:2:3:4:5:6:7::",
            ],
            invalid: [
                "", ":", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "fe80::1%eth0", "10.0.0.1",
                "1:2:3:4:5:6:7:8::",
                ":1:2:3:4:5:6:7", "10.0.0.1::", ":::",
            ], requirement: "an IPv6 address, such as fd00::1"),
        Format(
            name: "version", valid: ["1.2.3", "0.0.1", "1.2.3-rc.1", "1.2.3+build.5"],
            invalid: ["1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "", "2.2.2.develop"],
            requirement: "a semantic version, such as 1.2.3"),
        Format(
            name: "base64", valid: ["", "aGVsbG8=", "aGVsbG8h", "YQ==", "+/+/"],
            invalid: ["aGVsbG8", "a===", "a-b_", "YQ= =", "=YQ="],
            requirement: "base64 with padding, such as aGVsbG8="),
    ]

    private func fixture(_ format: String, _ value: JSONValue) -> StackFixture {
        StackFixture().with {
            $0.addOnVariables = "[{name: v, format: \(format)}]"
            $0.cluster["spec", "variables"] = ["v": value]
        }
    }

    @Test("Every format takes what is valid and names what it wants of the rest", arguments: formats)
    func format(format: Format) {
        for value in format.valid {
            #expect(fixture(format.name, value).problems == [], "\(value)")
        }
        for value in format.invalid {
            let text = "profile services 2.0.0, variable v: must be \(format.requirement): \(value.encodedText)"
            #expect(fixture(format.name, value).problems == [text])
        }
    }

    @Test("Numbers and booleans given as text become what they mean")
    func normalized() throws {
        #expect(try #require(fixture("number", "3").revision).variables.last?.value == 3)
        #expect(try #require(fixture("boolean", "true").revision).variables.last?.value == true)
        #expect(try #require(fixture("string", "3").revision).variables.last?.value == "3")
    }
}

extension Mistake {
    private static func ofVariable(
        _ name: String, _ reason: ProfileProblem.Reason, _ text: String, field: String = "spec.variables.v",
        declared: String,
        given: JSONValue? = nil
    ) -> Mistake {
        Mistake(name, reason, "profile services 2.0.0, variable v: \(text)", field: field) {
            $0.addOnVariables = "[{name: v, \(declared)}]"
            $0.cluster["spec", "variables"] = given.map { ["v": $0] }
        }
    }

    static let ofVariables = [
        ofVariable(
            "required", .missingVariable, "the variable is required and has no default", declared: "required: true"),
        ofVariable(
            "regex", .invalidVariable, #"must match ^[a-z]+$: "A1""#, declared: "regex: '^[a-z]+$'", given: "A1"),
        ofVariable(
            "dropdown", .invalidVariable, #"must be one of a, b: "c""#,
            declared: "inputType: dropdown, options: [{value: a}, {value: b}]", given: "c"),
        ofVariable(
            "one line", .invalidVariable, #"must be one line, because its inputType is text: "a\nb""#, declared: "",
            given: "a\nb"),
        ofVariable(
            "nesting", .invalidVariable, #"must not hold a macro: variables do not nest: "x{{ .corbel.var.w }}""#,
            declared: "",
            given: "x{{ .corbel.var.w }}"),
        ofVariable(
            "nesting in Palette's words", .invalidVariable,
            #"must not hold a macro: variables do not nest: "{{.spectro.system.cluster.name}}""#,
            declared: "", given: "{{.spectro.system.cluster.name}}"),
        ofVariable(
            "sensitive, in clear", .sensitiveValue,
            "the variable is sensitive: its value comes from an entry v of a Secret in spec.variablesFrom",
            declared: "sensitive: true",
            given: "hunter2"),
        ofVariable(
            "sensitive, in no Secret", .missingVariable,
            "the variable is required, and no Secret of spec.variablesFrom (none) has an entry for it",
            declared: "sensitive: true, required: true"),
        ofVariable(
            "a default of another format", .invalidVariable, #"must be an IPv4 address, such as 10.0.0.1: "x""#,
            field: "spec.variables[0].default", declared: "format: ipv4, default: x"),
        ofVariable(
            "a sensitive default", .invalidVariable,
            "a sensitive variable must not have a default: it would stand in the profile for all to read",
            field: "spec.variables[0].default", declared: "sensitive: true, default: x"),
        ofVariable(
            "hidden and required", .invalidVariable, "a variable that is hidden and required needs a default",
            field: "spec.variables[0].default", declared: "hidden: true, required: true"),
        ofVariable(
            "a dropdown without options", .invalidVariable, "a dropdown needs options",
            field: "spec.variables[0].options",
            declared: "inputType: dropdown"),
        ofVariable(
            "options without a dropdown", .invalidVariable, "options belong to the inputType dropdown",
            field: "spec.variables[0].options", declared: "options: [{value: a}]"),
        ofVariable(
            "an option of another format", .invalidVariable, #"every option must be a number, such as 3 or 0.5: "x""#,
            field: "spec.variables[0].options", declared: "format: number, inputType: dropdown, options: [{value: x}]"),
        ofVariable(
            "several lines of a number", .invalidVariable, "multiline is for the formats string and base64",
            field: "spec.variables[0].inputType", declared: "format: number, inputType: multiline"),
        ofVariable(
            "a regex that is none", .invalidVariable, #"no pattern that is supported: missing ): "(a""#,
            field: "spec.variables[0].regex", declared: "regex: (a, default: b"),
    ]
}

@Suite("Properties of variables")
struct VariablePropertyTests {
    @Test("A mistake has one problem, with its text and its field", arguments: Mistake.ofVariables)
    func mistake(mistake: Mistake) {
        let refused = StackFixture().with(mistake.change).refused
        #expect(refused.map(\.description) == [mistake.text])
        #expect(refused.map(\.reason) == [mistake.reason])
        #expect(refused.map(\.field) == [mistake.field])
        #expect(!refused.contains { $0.description.contains("hunter2") })
    }

    @Test("A value that no profile declares is a mistake")
    func undeclared() {
        let fixture = StackFixture().with { $0.cluster["spec", "variables"] = ["cuont": 4] }
        #expect(
            fixture.problems == ["cuont: no profile of the cluster declares the variable; they declare count, registry"]
        )
    }

    @Test("A value that is too long is refused, and several lines may be longer")
    func length() {
        let text = String(repeating: "a", count: 5000)
        func problems(_ type: String) -> [ProfileProblem] {
            StackFixture().with {
                $0.addOnVariables = "[{name: v, inputType: \(type)}]"
                $0.cluster["spec", "variables"] = ["v": .string(text)]
            }.refused
        }
        #expect(problems("text").map(\.message) == ["must be at most 4096 bytes long"])
        #expect(problems("multiline").isEmpty)
    }

    @Test("An immutable value stays as the cluster first had it")
    func immutable() {
        let first = StackFixture().with { $0.addOnVariables = "[{name: v, immutable: true, default: a}]" }
        let running = first.revision
        let changed = first.with {
            $0.running = running
            $0.cluster["spec", "variables"] = ["v": "b"]
        }
        #expect(
            changed.problems == [
                #"profile services 2.0.0, variable v: the variable is immutable: the cluster's "#
                    + #"value is "a" and stays so: "b""#
            ])
        #expect(first.with { $0.running = running }.problems == [])
        #expect(changed.with { $0.addOnVariables = "[{name: v, default: a}]" }.problems == [])
    }

    @Test("A wrong entry of a Secret is told without the value")
    func secretEntry() {
        let fixture = StackFixture().with {
            $0.addOnVariables = "[{name: v, sensitive: true, format: ipv4}]"
            $0.cluster["spec", "variablesFrom"] = [["name": "s"]]
            var secret = Secret(name: "s")
            secret.json["stringData"] = ["v": "hunter2"]
            $0.secrets = [secret]
        }
        #expect(
            fixture.problems == [
                "profile services 2.0.0, variable v: the entry of Secret s must be an IPv4 address, such as 10.0.0.1"
            ])
    }
}
