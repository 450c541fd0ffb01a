import APIMachinery
import CorbelAPI
import Testing

@Suite("Bodies in protobuf")
struct ProtobufBodyTests {
    /// An object in its envelope.
    private func body(_ apiVersion: String, _ kind: String, _ object: Message, _ more: Message = Message()) -> [UInt8] {
        let type = Message().text(1, apiVersion).text(2, kind)
        return Array("k8s\0".utf8) + Message().message(1, type).message(2, object).bytes + more.bytes
    }

    private func decoded(_ apiVersion: String, _ kind: String, _ object: Message) throws -> JSONValue {
        var json = try ProtobufBody.decode(body(apiVersion, kind, object))
        #expect(json["apiVersion"] == .string(apiVersion))
        #expect(json["kind"] == .string(kind))
        json["apiVersion"] = nil
        json["kind"] = nil
        return json
    }

    @Test("A namespace as kubectl sends it: what is empty is left out")
    func namespace() throws {
        let metadata = Message().text(1, "edge").text(2, "").text(3, "").text(5, "").number(7, 0).message(8, Message())
        let object = Message().message(1, metadata).message(2, Message()).message(3, Message().text(1, ""))
        #expect(try decoded("v1", "Namespace", object) == ["metadata": ["name": "edge"]])
    }

    @Test("A Secret: entries become base64, a false that somebody set stays")
    func secret() throws {
        let object = Message()
            .message(1, Message().text(1, "s").message(11, Message().text(1, "app").text(2, "x")))
            .message(2, Message().text(1, "key").data(2, [0, 255])).message(2, Message().text(1, "empty"))
            .text(3, "Opaque").message(4, Message().text(1, "plain").text(2, "text")).number(5, 0)
        let expected: JSONValue = [
            "metadata": ["name": "s", "labels": ["app": "x"]], "data": ["key": "AP8=", "empty": ""], "type": "Opaque",
            "stringData": ["plain": "text"], "immutable": false,
        ]
        #expect(try decoded("v1", "Secret", object) == expected)
    }

    @Test("A ConfigMap with text, bytes and all metadata")
    func configMap() throws {
        let owner = Message().text(1, "Cluster").text(3, "c").text(4, "u1").text(5, "cluster.x-k8s.io/v1beta2").number(
            6, 1
        )
        .number(7, 0)
        let managed = Message().text(1, "kubectl").text(2, "Update").text(3, "v1").message(4, Message().number(1, 60))
            .text(6, "FieldsV1").message(7, Message().text(1, #"{"f:data":{}}"#)).text(8, "")
        let metadata = Message().text(1, "cm").text(3, "default").text(6, "7").message(
            9, Message().number(1, 1_800_000_000)
        )
        .number(10, 0).message(12, Message().text(1, "note").text(2, "")).message(13, owner).text(14, "a/b").text(
            14, "c/d"
        )
        .message(17, managed)
        let object = Message().message(1, metadata).message(2, Message().text(1, "k").text(2, "v"))
            .message(3, Message().text(1, "b").data(2, Array("hi".utf8))).number(4, 1)
        let expected: JSONValue = [
            "metadata": [
                "name": "cm", "namespace": "default", "resourceVersion": "7",
                "deletionTimestamp": "2027-01-15T08:00:00Z",
                "deletionGracePeriodSeconds": 0, "annotations": ["note": ""], "finalizers": ["a/b", "c/d"],
                "ownerReferences": [
                    [
                        "kind": "Cluster", "name": "c", "uid": "u1", "apiVersion": "cluster.x-k8s.io/v1beta2",
                        "controller": true,
                        "blockOwnerDeletion": false,
                    ]
                ],
                "managedFields": [
                    [
                        "manager": "kubectl", "operation": "Update", "apiVersion": "v1", "time": "1970-01-01T00:01:00Z",
                        "fieldsType": "FieldsV1", "fieldsV1": ["f:data": [:]],
                    ]
                ],
            ],
            "data": ["k": "v"], "binaryData": ["b": "aGk="], "immutable": true,
        ]
        #expect(try decoded("v1", "ConfigMap", object) == expected)
    }

    @Test("A Lease: moments to the microsecond, numbers by pointer")
    func lease() throws {
        let spec = Message().text(1, "").number(2, 15).message(4, Message().number(1, 1).number(2, 2_500_000)).number(
            5, 0)
        let object = Message().message(1, Message().text(1, "l")).message(2, spec)
        let expected: JSONValue = [
            "metadata": ["name": "l"],
            "spec": [
                "holderIdentity": "", "leaseDurationSeconds": 15, "renewTime": "1970-01-01T00:00:01.002500Z",
                "leaseTransitions": 0,
            ],
        ]
        #expect(try decoded("coordination.k8s.io/v1", "Lease", object) == expected)
    }

    @Test("An Event")
    func event() throws {
        let object = Message().message(1, Message().text(2, "e-"))
            .message(
                2,
                Message().text(1, "EdgeHost").text(2, "default").text(3, "h1").text(4, "u").text(
                    5, "corbel.dev/v1alpha1")
            )
            .text(3, "Started").text(4, "It began.").message(5, Message().text(1, "corbel").text(2, ""))
            .message(6, Message()).message(7, Message().number(1, 60)).number(8, 2).text(9, "Normal")
            .message(10, Message()).text(14, "").text(15, "")
        let expected: JSONValue = [
            "metadata": ["generateName": "e-"],
            "involvedObject": [
                "kind": "EdgeHost", "namespace": "default", "name": "h1", "uid": "u",
                "apiVersion": "corbel.dev/v1alpha1",
            ],
            "reason": "Started", "message": "It began.", "source": ["component": "corbel"],
            "lastTimestamp": "1970-01-01T00:01:00Z", "count": 2, "type": "Normal",
        ]
        #expect(try decoded("v1", "Event", object) == expected)
    }

    @Test("Options of a deletion, alone and within an eviction")
    func deletion() throws {
        let options = Message().number(1, 0).message(2, Message().text(1, "u1")).text(4, "Foreground").text(5, "All")
        let expected: JSONValue = [
            "gracePeriodSeconds": 0, "preconditions": ["uid": "u1"], "propagationPolicy": "Foreground",
            "dryRun": ["All"],
        ]
        #expect(try decoded("v1", "DeleteOptions", options) == expected)
        let eviction = Message().message(1, Message().text(1, "p")).message(2, options)
        let whole: JSONValue = ["metadata": ["name": "p"], "deleteOptions": expected]
        #expect(try decoded("policy/v1", "Eviction", eviction) == whole)
    }

    @Test("Fields that nobody here knows are skipped, whatever their type")
    func unknownFields() throws {
        let object = Message().number(100, 5).message(1, Message().text(1, "n").text(99, "x")).text(101, "y")
            .raw([0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]).raw([0x9D, 0x06, 1, 2, 3, 4])
        #expect(try decoded("v1", "Namespace", object) == ["metadata": ["name": "n"]])
    }

    @Test(
        "What is no such body is refused, and says why", arguments: malformedBodies)
    func malformed(_ test: Case<[UInt8]>) {
        #expect(failure { try ProtobufBody.decode(test.value) }?.reason == .badRequest)
    }

    private static let malformedBodies: [Case<[UInt8]>] = [
        Case("no prefix", Array("{}".utf8)), Case("empty", []), Case("cut in the prefix", Array("k8s".utf8)),
        Case("cut in a length", enveloped([0x0A, 0xFF])), Case("a length beyond the end", enveloped([0x0A, 0x7F, 1])),
        Case("a length beyond all memory", enveloped([0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1])),
        Case("a number without an end", enveloped([0x08, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128])),
        Case("a group", enveloped([0x0B])), Case("field 0", enveloped([0x00, 0x00])),
    ]

    private static func enveloped(_ bytes: [UInt8]) -> [UInt8] { Array("k8s\0".utf8) + bytes }

    @Test(
        "Content that contradicts its shape is refused",
        arguments: [
            Case("a number for a text", Message().message(1, Message().number(1, 5))),
            Case("a text for a number", Message().message(1, Message().text(7, "x"))),
            Case("a text that is no UTF-8", Message().message(1, Message().data(1, [0xFF]))),
            Case(
                "a moment after the year 9999", Message().message(1, Message().message(8, Message().number(1, 1 << 40)))
            ),
            Case("fields that are no JSON", managedFieldsWithoutJSON),
        ])
    func contradictions(_ test: Case<Message>) {
        #expect(failure { try ProtobufBody.decode(body("v1", "Namespace", test.value)) }?.reason == .badRequest)
    }

    private static let managedFieldsWithoutJSON = Message().message(
        1, Message().message(17, Message().message(7, Message().text(1, "{"))))

    @Test("A kind that is only understood as JSON, and an object in another form, are refused as such")
    func unsupported() {
        let pod = failure { try ProtobufBody.decode(body("v1", "Pod", Message())) }
        #expect(pod?.reason == .unsupportedMediaType)
        #expect(pod?.message.contains("Pod in version \"v1\"") == true)
        let zipped = failure { try ProtobufBody.decode(body("v1", "Namespace", Message(), Message().text(3, "gzip"))) }
        #expect(zipped?.reason == .unsupportedMediaType)
    }
}

/// Writes messages, so that tests read as the fields that they hold.
struct Message: Sendable {
    var bytes: [UInt8] = []

    private static func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }

    func raw(_ more: [UInt8]) -> Message { Message(bytes: bytes + more) }
    func number(_ field: UInt64, _ value: UInt64) -> Message { raw(Self.varint(field << 3) + Self.varint(value)) }
    func data(_ field: UInt64, _ value: [UInt8]) -> Message {
        raw(Self.varint(field << 3 | 2) + Self.varint(UInt64(value.count)) + value)
    }
    func text(_ field: UInt64, _ value: String) -> Message { data(field, Array(value.utf8)) }
    func message(_ field: UInt64, _ value: Message) -> Message { data(field, value.bytes) }
}
