import ArgumentParser
import CorbelAPI
import YAML

/// How a command prints its result.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, wide, json, yaml

    /// Whether programs read the result.
    var isStructured: Bool { self == .json || self == .yaml }

    /// The result in this form; `text` for people, `json` for programs.
    func render(_ json: JSONValue, text: @autoclosure () -> String) -> String {
        switch self {
        case .json: json.prettyText + "\n"
        case .yaml: json.yamlText
        case .table, .wide: text()
        }
    }
}
