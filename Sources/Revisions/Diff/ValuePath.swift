import CorbelAPI

/// Where a value stands in a tree.
public struct ValuePath: Sendable, Hashable, CustomStringConvertible {
    public enum Component: Sendable, Hashable {
        case field(String)
        case index(Int)
    }

    public var components: [Component]

    public init(_ components: [Component] = []) { self.components = components }

    public func field(_ name: String) -> ValuePath { ValuePath(components + [.field(name)]) }
    public func index(_ index: Int) -> ValuePath { ValuePath(components + [.index(index)]) }

    /// The form of macros and of rules: all components with dots between.
    public var dotted: String {
        components.map { component in
            switch component {
            case .field(let name): name
            case .index(let index): String(index)
            }
        }.joined(separator: ".")
    }

    /// The form for people, such as `stages.initramfs[0].commands` or `labels["a.b/c"]`.
    public var description: String {
        components.reduce(into: "") { text, component in
            switch component {
            case .index(let index): text += "[\(index)]"
            case .field(let name) where name.isEmpty || name.contains(where: { ".[]\" ".contains($0) }):
                text += "[\(JSONValue.string(name).encodedText)]"
            case .field(let name): text += text.isEmpty ? name : ".\(name)"
            }
        }
    }
}
