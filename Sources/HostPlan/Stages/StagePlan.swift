public import CorbelAPI

/// What user data asks of a host, stage by stage.
///
/// Two forms are read, and may stand in one document. cloud-init's: `hostname` (acts in `initramfs`), `users`,
/// `ssh_authorized_keys` (for root), `write_files` and `runcmd` (act in `boot`). yip's: `stages.<name>[]`, whose steps
/// have `name`, `if`, `only_os`, `files`, `directories`, `commands`, `hostname`, `users`, `authorized_keys` and
/// `timesyncd`, and run within a step in yip's order: directories, files, commands, hostname, users, keys, time
/// servers. Steps never stop each other, so each may fail. A document is given as parsed YAML.
public struct StagePlan: Sendable, Hashable {
    private var stages: [StageName: [HostStep]] = [:]

    public init() {}

    /// Reads user data.
    ///
    /// - Parameter path: Where the document stands, for error messages; `stages` is looked for in it.
    /// - Throws: ``StatusError`` (`Invalid`) that names each wrong field by its path.
    public static func parse(_ document: JSONValue, at path: String = "") throws -> StagePlan {
        var errors: [FieldError] = []
        let plan = parse(FieldReader(json: document, path: path), &errors)
        if !errors.isEmpty { throw StatusError.invalid(GroupKind("", "UserData"), "", errors) }
        return plan
    }

    /// What is wrong with user data, each with its path; nothing where ``parse(_:at:)`` reads it.
    public static func problems(in document: JSONValue, at path: String = "") -> [FieldError] {
        var errors: [FieldError] = []
        _ = parse(FieldReader(json: document, path: path), &errors)
        return errors
    }

    /// The steps of a stage: what stands under `.before`, under its name, and under `.after`, in this order.
    public func steps(for stage: StageName) -> [HostStep] { stages[stage] ?? [] }

    /// Adds the steps of another document after those of this one: documents do not override each other.
    public mutating func append(_ other: StagePlan) {
        for stage in StageName.allCases { stages[stage, default: []] += other.steps(for: stage) }
    }

    static let cloudInitKeys: Set<String> = [
        "hostname", "users", "ssh_authorized_keys", "write_files", "runcmd", "stages", "name",
    ]

    private static func parse(_ document: FieldReader, _ errors: inout [FieldError]) -> StagePlan {
        var plan = StagePlan()
        document.refuseUnknown(cloudInitKeys, &errors)
        plan.stages[.initramfs] = StageStep.hostname(document, &errors).map { StageStep.relaxed($0, onlyIf: []) }
        plan.stages[.boot] = StageStep.cloudInitBoot(document, &errors).map { StageStep.relaxed($0, onlyIf: []) }
        guard let stages = document.child("stages") else { return plan }
        stages.refuseUnknown(Set(StageName.allCases.flatMap(\.keys)), &errors)
        for stage in StageName.allCases {
            for key in stage.keys {
                for item in stages.items(key, &errors) {
                    plan.stages[stage, default: []] += StageStep.steps(item, &errors)
                }
            }
        }
        return plan
    }
}
