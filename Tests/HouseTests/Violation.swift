/// One place where the code breaks a house rule.
struct Violation: Equatable, CustomStringConvertible {
    /// The rule's name, as CONTRIBUTING.md lists it.
    var rule: String
    /// The path from the package's root.
    var path: String
    /// Counted from 1; 0 where the file as a whole is meant.
    var line: Int
    /// What is wrong.
    var message: String
    /// What to do about it.
    var instead: String

    var description: String {
        let place = line > 0 ? "\(path):\(line)" : path
        return "\(place): [\(rule)] \(message). \(instead)."
    }
}
