import CorbelAPI
import Testing
import YAML

@Suite("Values of YAML 1.1, as Kubernetes' tools read them")
struct YAMLScalarTests {
    @Test(
        "A plain scalar has the type that sigs.k8s.io/yaml gives it",
        arguments: [
            ("yes", true), ("On", true), ("y", true), ("no", false), ("OFF", false), ("n", false), ("True", true),
            ("~", .null), ("", .null), ("null", .null), ("NULL", .null), ("nULL", "nULL"),
            ("0644", .integer(420)), ("0o644", .integer(420)), ("0x1F", .integer(31)), ("0b101", .integer(5)),
            ("-0644", .integer(-420)), ("1_000", .integer(1000)), ("+7", .integer(7)), ("08", .double(8)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("18446744073709551615", .double(18_446_744_073_709_551_616)), ("1.5", .double(1.5)), (".5", .double(0.5)),
            ("1e3", .double(1000)), ("1.", .double(1)), ("12:30", "12:30"), ("1.2.3", "1.2.3"), ("0xZZ", "0xZZ"),
            ("-", "-"),
            ("2026-01-02", "2026-01-02"), ("1e", "1e"), ("+", "+"), ("_1", "_1"), ("yEs", "yEs"),
            ("infinity", "infinity"),
        ] as [(String, JSONValue)])
    func plain(text: String, expected: JSONValue) throws {
        let yaml = text == "-" ? "k: \(text)x" : "k: \(text)"
        let value = try JSONValue(yaml: yaml)["k"]
        #expect(value == (text == "-" ? "-x" : expected))
    }

    @Test(
        "Quotes and block scalars make strings", arguments: ["'yes'", "\"0644\"", "|-\n  true", ">-\n  12", "!!str 12"])
    func quoted(text: String) throws {
        #expect(try JSONValue(yaml: "k: \(text)")["k"]?.stringValue != nil)
    }

    @Test(
        "A tag decides the type",
        arguments: [("!!int 0x10", .integer(16)), ("!!float 3", nil), ("!!bool yes", true), ("!!null ~", .null)]
            as [(String, JSONValue?)])
    func tagged(text: String, expected: JSONValue?) throws {
        let value = try JSONValue(yaml: "k: \(text)")["k"]
        #expect(value == expected ?? .integer(3))
    }

    @Test(
        "Keys become strings",
        arguments: [("1", "1"), ("yes", "true"), ("1.5", "1.5"), ("'yes'", "yes"), ("0x10", "16")])
    func keys(text: String, expected: String) throws {
        #expect(try JSONValue(yaml: "\(text): x").objectValue?.keys == [expected])
    }
}

@Suite("Documents, anchors and bounds of YAML")
struct YAMLDocumentTests {
    @Test("A stream has all its documents, with their lines")
    func stream() throws {
        let documents = try YAMLDocument.stream(parsing: "# first\na: 1\n---\n- b\n---\n")
        #expect(documents.map(\.value) == [["a": 1], ["b"], .null])
        #expect(documents.map(\.line).prefix(2) == [2, 4])
        #expect(try YAMLDocument.stream(parsing: "# nothing\n").isEmpty)
        #expect(try JSONValue(yaml: "") == .null)
    }

    @Test("Aliases are expanded, and merged where they stand at <<")
    func aliases() throws {
        let value = try JSONValue(
            yaml: """
                base: &base {cpu: 1, memory: 2}
                copy: *base
                list: [*base, &n 7, *n]
                merged:
                  <<: *base
                  cpu: 9
                both: {<<: [*base, {cpu: 5, disk: 3}]}
                text: 'a *base b'
                glob: a/*b
                block: |
                  rm *base
                """)
        #expect(value["copy"] == ["cpu": 1, "memory": 2])
        #expect(value["list"] == [["cpu": 1, "memory": 2], 7, 7])
        #expect(value["merged"] == ["cpu": 9, "memory": 2])
        #expect(value["both"] == ["cpu": 1, "memory": 2, "disk": 3])
        #expect(value["text"] == "a *base b")
        #expect(value["glob"] == "a/*b")
        #expect(value["block"] == "rm *base")
    }

    @Test(
        "What is wrong is told with its line and column",
        arguments: [
            ("a: 1\nb: ]", 2, "did not find expected node content"), ("x: 0\na: 1\na: 2", 2, "duplicate field \"a\""),
            ("yes: 1\ntrue: 2", 2, "duplicate field \"true\""),
            ("a:\n\t- b", 2, "found character that cannot start any token"),
            ("a: *nope", 1, "alias \"nope\" names no anchor before it"), ("a: &a [*a]", 1, "names no anchor before it"),
            ("a: .inf", 1, ".inf is no number that JSON can hold"), ("a: !!binary aGk=", 1, "binary is not supported"),
            ("a: !mine x", 1, "tag !mine is not supported"), ("a: !!int x", 1, "\"x\" is no int"),
            ("~: 1", 1, "a key must be a string"), ("? [a]\n: b", 1, "a key must be a scalar"),
            ("a: 1\n---\nb: 1", 3, "expected one document"), ("<<: 3", 1, "`<<` merges a mapping"),
            ("a: \u{10FFF0}b", 1, "is not accepted"), ("a: b\u{1}", 1, "control characters are not allowed"),
        ])
    func errors(text: String, line: Int, message: String) {
        do throws(YAMLError) {
            _ = try JSONValue(yaml: text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(error.line == line, "\(error)")
            #expect(error.message.contains(message), "\(error)")
            #expect(error.column >= 1)
        }
    }

    /// Ten levels of ten aliases each are ten thousand million values in a few hundred bytes.
    private static func bomb(level: (Int) -> String) -> String {
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + (1...9).map(level).joined(separator: "\n")
    }

    @Test("A text of aliases of aliases is refused at once, in values as in keys")
    func bombs() {
        let values = Self.bomb {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", "))]"
        }
        let keys = values + "\n? *a9\n: x\n? {*a9 : 1}\n: y\n"
        for text in [values, keys] {
            #expect(throws: YAMLError.self) { try JSONValue(yaml: text) }
        }
    }

    @Test("Length, number of values and depth are bounded")
    func bounds() {
        let limits = YAMLLimits(bytes: 100, values: 5, depth: 3)
        for text in [String(repeating: "a", count: 101), "[1, 2, 3, 4, 5]", "[[[[1]]]]"] {
            #expect(throws: YAMLError.self) { try JSONValue(yaml: text, limits: limits) }
        }
        #expect(throws: Never.self) { try JSONValue(yaml: "[1, 2, 3, 4]", limits: limits) }
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        #expect(throws: YAMLError.self) { try JSONValue(yaml: deep) }
    }

    @Test("The caller may change the text of plain scalars, and of no others")
    func plainScalars() throws {
        let documents = try YAMLDocument.stream(parsing: "a: x\nb: 'x'") { $0 == "x" ? "12" : $0 }
        #expect(documents.first?.value == ["a": 12, "b": "x"])
    }
}

@Suite("Writing YAML")
struct YAMLWritingTests {
    @Test("The form is kubectl's: block style, keys in order, lists at the level of their key")
    func form() {
        let value: JSONValue = [
            "spec": [
                "ports": [["name": "http", "port": 80], ["name": "https"]], "empty": [], "none": [:], "on": true,
            ],
            "kind": "Service", "text": "two\nlines\n",
        ]
        #expect(
            value.yamlText == """
                kind: Service
                spec:
                  empty: []
                  none: {}
                  "on": true
                  ports:
                  - name: http
                    port: 80
                  - name: https
                text: |
                  two
                  lines

                """)
    }

    @Test(
        "What is written is read back the same",
        arguments: [
            .null, true, 12, 1.5, .double(1000), .double(1e21), "plain", "", "yes", "0644", "1.5", "~", "- x", "a: b",
            "a #b", " lead", "trail ",
            "#x", "*a", "&a", "!t", "%d", "@x", "`x", "{a}", "[b]", "it's", "\"q\"", "a\\b", "tab\there", "\u{1}",
            "ünï", "😀",
            "\u{85}", "\u{2028}", "x\u{FEFF}", "line\n", "two\nlines", "\nfirst empty", "  indented\nsecond", "end\n\n",
            "a\n\nb\n",
            "cr\r\nlf", "<<", "---", "... x", "?", "key:", "|", ">", "=", "null", "08", "1_000", "12:30:45",
            "trailing space \nin a block", "a\n b\n", "tab\n\tline\n",
            [[1, [2, [3]]], [[:], []], ["a": [["b": ["c": [1, 2]]]]]],
            [
                "yes": "no", "1": 1, "": "empty key", "a b": 1, "x: y": 2,
                "nested": ["text": "a\nb\n", "list": ["c\nd\n", ["e"]]],
            ],
        ] as [JSONValue])
    func roundTrip(value: JSONValue) throws {
        #expect(try JSONValue(yaml: value.yamlText) == value)
        let nested: JSONValue = ["outer": [["inner": value], value]]
        #expect(try JSONValue(yaml: nested.yamlText) == nested)
    }
}
