public import CorbelAPI

/// A cluster's user data as a host applies it: cloud-init's own keys once for each system, `stages` at every boot.
///
/// cloud-init's keys describe what a fresh system lacks. The keys under `stages` are yip's, which run as often as their
/// stage comes.
public struct UserData: Sendable, Hashable {
    /// What cloud-init's own keys ask for.
    public let ofSystem: StagePlan
    /// What stands under `stages`.
    public let ofEveryBoot: StagePlan

    /// - Parameter document: The parsed text, in the forms that ``StagePlan`` reads.
    /// - Throws: ``StatusError`` (`Invalid`) that names each wrong field by its path, and holds no value.
    public init(_ document: JSONValue) throws {
        let problems = Self.problems(of: document)
        if !problems.isEmpty { throw StatusError.invalid(GroupKind("", "UserData"), "", problems) }
        var own = document
        own["stages"] = nil
        ofSystem = try StagePlan.parse(own)
        ofEveryBoot = try StagePlan.parse(document["stages"].map { ["stages": $0] } ?? [:])
    }

    /// What is wrong with a document, by path. User data is secret, so no value is repeated.
    public static func problems(of document: JSONValue) -> [FieldError] {
        StagePlan.problems(in: document, at: "userData").map { FieldError($0.reason, $0.field, $0.detail) }
    }
}
