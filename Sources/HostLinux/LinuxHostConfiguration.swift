public import CorbelAPI

/// Where on this machine the agent finds what it works with: the field `host` of its configuration. All of it has
/// defaults.
///
///     {"slots": {"a": "/dev/disk/by-partlabel/CORBEL_A", "b": "/dev/disk/by-partlabel/CORBEL_B"},
///      "bootVariables": "/boot/efi/corbel/boot-variables"}
public struct LinuxHostConfiguration: Sendable, Hashable {
    /// The partition, or file of fixed length, of slot A.
    public var slotA: String
    public var slotB: String
    /// The file that the boot loader keeps its variables in.
    public var bootVariables: String

    /// - Parameter json: the whole configuration of the agent.
    /// - Throws: `invalid`, naming every field that is wrong.
    public init(json: JSONValue) throws {
        var fields = Fields(json)
        slotA = fields.path(["host", "slots", "a"], default: "/dev/disk/by-partlabel/CORBEL_A")
        slotB = fields.path(["host", "slots", "b"], default: "/dev/disk/by-partlabel/CORBEL_B")
        bootVariables = fields.path(["host", "bootVariables"], default: "/boot/efi/corbel/boot-variables")
        fields.allow(["slots", "bootVariables"], in: ["host"])
        fields.allow(["a", "b"], in: ["host", "slots"])
        if slotA == slotB {
            fields.problems.append(.invalid("host.slots.b", .string(slotB), "must be another device than host.slots.a"))
        }
        if !fields.problems.isEmpty {
            throw StatusError.invalid(
                GroupKind("", "AgentConfiguration"), json["name"]?.stringValue ?? "", fields.problems)
        }
    }
}

/// Reads fields, and remembers what is wrong with them.
private struct Fields {
    let json: JSONValue
    var problems: [FieldError] = []

    init(_ json: JSONValue) { self.json = json }

    mutating func path(_ path: [String], default standard: String) -> String {
        guard let value = json[path: path] else { return standard }
        guard let text = value.stringValue, text.hasPrefix("/"), !text.hasSuffix("/"), !text.utf8.contains(0) else {
            problems.append(.invalid(path.joined(separator: "."), value, "must be an absolute path, beginning with /"))
            return standard
        }
        return text
    }

    /// Refuses what is no object, and fields that mean nothing: a name that is spelled wrong would be a default
    /// otherwise.
    mutating func allow(_ names: [String], in path: [String]) {
        guard let value = json[path: path] else { return }
        let field = path.joined(separator: ".")
        guard let object = value.objectValue else {
            problems.append(.invalid(field, value, "must be an object"))
            return
        }
        for (name, value) in object where !names.contains(name) {
            problems.append(
                .invalid("\(field).\(name)", value, "is no field; there are \(names.joined(separator: ", "))"))
        }
    }
}
