/// Where the kubeconfig is: what was named, or the first of the usual places that exists.
struct KubeconfigLocation: Hashable {
    /// A place, and who says that it is one.
    struct Candidate: Hashable {
        var path: String
        var source: String
        /// Whether somebody named it: then it must exist.
        var isNamed: Bool
    }

    let candidates: [Candidate]

    init(option: String?, environment: [String: String]) {
        if let option {
            candidates = [Candidate(path: option, source: "--kubeconfig", isNamed: true)]
        } else if let path = environment["CORBEL_KUBECONFIG"], !path.isEmpty {
            candidates = [Candidate(path: path, source: "$CORBEL_KUBECONFIG", isNamed: true)]
        } else {
            let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
            candidates =
                listed.map { Candidate(path: $0, source: "$KUBECONFIG", isNamed: listed.count == 1) }
                + [Candidate(path: "admin.kubeconfig", source: "the working directory", isNamed: false)]
        }
    }

    static let missingHint =
        "`corbel serve` writes admin.kubeconfig into its data directory; "
        + "name it with --kubeconfig or $CORBEL_KUBECONFIG"

    /// What to say where none of them exists.
    var missing: CommandFailure {
        if let named = candidates.first, named.isNamed {
            return CommandFailure(
                "there is no kubeconfig at \(named.path), which \(named.source) names", hint: Self.missingHint)
        }
        let tried = candidates.map(\.path).joined(separator: ", ")
        return CommandFailure("there is no kubeconfig; tried \(tried)", hint: Self.missingHint)
    }
}
