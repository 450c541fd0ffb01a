import CorbelAPI
import Revisions

/// The checks of a variable's declaration.
struct VariableValidation {
    private let variable: ProfileVariable
    private let profile: String
    private let field: String
    private var problems: [ProfileProblem] = []

    static func problems(of variable: ProfileVariable, profile: String, field: String) -> [ProfileProblem] {
        var validation = VariableValidation(variable: variable, profile: profile, field: field)
        validation.checkPresentation()
        validation.checkRegex()
        validation.checkDefault()
        return validation.problems
    }

    private init(variable: ProfileVariable, profile: String, field: String) {
        self.variable = variable
        self.profile = profile
        self.field = field
    }

    private mutating func checkPresentation() {
        if variable.inputType == .dropdown, variable.options.isEmpty {
            report("options", "a dropdown needs options")
        }
        if variable.inputType != .dropdown, !variable.options.isEmpty {
            report("options", "options belong to the inputType dropdown")
        }
        if variable.inputType == .multiline, variable.format != .string, variable.format != .base64 {
            report("inputType", "multiline is for the formats string and base64")
        }
        if variable.isHidden, variable.isRequired, variable.defaultValue == nil, !variable.isSensitive {
            report("default", "a variable that is hidden and required needs a default")
        }
        for option in variable.options where variable.format.normalized(.string(option)) == nil {
            report("options", value: .string(option), "every option must be \(variable.format.requirement)")
        }
    }

    private mutating func checkRegex() {
        guard let regex = variable.regex, !regex.isEmpty else { return }
        do throws(PatternError) {
            _ = try Pattern(regex)
        } catch {
            report("regex", value: .string(regex), "no pattern that is supported: \(error.message)")
        }
    }

    private mutating func checkDefault() {
        guard let value = variable.defaultValue else { return }
        if variable.isSensitive {
            report(
                "default", "a sensitive variable must not have a default: it would stand in the profile for all to read"
            )
        } else if case .failure(let fault) = variable.checked(value), !hasFaultyRegex {
            report("default", value: value, fault.message)
        }
    }

    /// A regex that is none is reported once, and not with every value that it cannot match.
    private var hasFaultyRegex: Bool { variable.regex.map { !$0.isEmpty && (try? Pattern($0)) == nil } ?? false }

    private mutating func report(_ property: String, value: JSONValue? = nil, _ message: String) {
        problems.append(
            ProfileProblem(
                .invalidVariable, profile: profile, path: "variable \(variable.name)", value: value,
                field: "\(field).\(property)", message))
    }
}
