import APIMachinery
import CorbelAPI

/// The checks of the server and of who we are to it.
enum ServerChecks {
    /// A certificate that ends within this time is worth a warning.
    static let renewalTime = Duration.seconds(30 * 86_400)

    static func reachable(_ server: String, version: JSONValue) -> CheckResult {
        .ok("the server answers", "\(server), \(version["gitVersion"]?.stringValue ?? "of an unknown version")")
    }

    static func certificate(until end: Timestamp?, now: Timestamp) -> CheckResult {
        let what = "the client certificate is valid for long enough"
        guard let end else { return .ok(what, "the kubeconfig has none") }
        let left = HumanDuration.text(end - now)
        if end - now < renewalTime {
            return .warning(
                what, "it ends in \(left), at \(end)",
                hint: "`corbel serve` renews it at its next start; take admin.kubeconfig anew")
        }
        return .ok(what, "it ends in \(left)")
    }

    static func kinds(_ served: ResourceRegistry) -> CheckResult {
        let missing = ResourceRegistry.centre.definitions.filter { served[$0.groupKind]?.version != $0.version }
        let what = "the server serves the kinds that this program knows"
        guard !missing.isEmpty else { return .ok(what) }
        let names = missing.map { "\($0.kind) of \($0.groupVersion)" }.joined(separator: ", ")
        let hint = "server and program are of different versions: `corbel version`"
        return .failure(what, "missing: \(names)", hint: hint)
    }
}
