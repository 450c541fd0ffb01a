import ControlLoop
public import CorbelAPI
import HostPlan

/// Reads a text in YAML as a tree. The centre's composition hands it in: this module is linked by host agents, which
/// know no YAML.
public typealias YAMLReader = @Sendable (String) throws(UnreadableYAML) -> JSONValue

/// Where a text is no YAML. What stands there is not repeated, since the text may be secret.
public struct UnreadableYAML: Error, Sendable, Hashable {
    /// Both counted from 1.
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// The user data of a cluster's hosts: from the text in the user's Secret to the Secret with the document that hosts
/// apply.
///
///     the user's Secret        the Secret <cluster>-user-data     hosts
///     valid                    holds the document                 boot with it
///     wrong, never valid yet   -                                  are not begun with
///     wrong, was valid once    keeps the last valid document      boot with that
///     no longer named          is deleted                         boot without
struct UserDataDocument {
    /// The entry of either Secret.
    static let entry = "userData"

    /// Whether the cluster names user data.
    let isAskedFor: Bool
    /// What is wrong; nil when nothing is.
    private(set) var obstacle: Wait?
    private let cluster: EdgeCluster
    private let held: Secret?
    private var document: JSONValue?

    init(of cluster: EdgeCluster, in snapshot: Snapshot, _ readYAML: YAMLReader) {
        self.cluster = cluster
        let present: Secret? = snapshot.get(
            Secret.self, namespace: cluster.namespace, name: EdgeCluster.userDataDocumentName(cluster.name))
        held = present.flatMap { secret in
            secret.ownerReferences.contains { $0.uid == cluster.uid } ? secret : nil
        }
        isAskedFor = cluster.userDataSecretName != nil
        guard let name = cluster.userDataSecretName else { return }
        let key = Secret.key(namespace: cluster.namespace, name: name)
        if let present, held == nil {
            obstacle = Wait(
                "UserDataNameTaken", "the Secret \(present.name) is not the centre's, which keeps its own there",
                on: present.key, unblockedBy: "somebody gives the Secret \(present.name) another name")
            return
        }
        guard let secret: Secret = snapshot.get(Secret.self, namespace: cluster.namespace, name: name) else {
            obstacle = Wait(
                "UserDataMissing", "the Secret \(name) that spec.userDataFrom names is not there", on: key,
                unblockedBy: "somebody creates the Secret \(name)")
            return
        }
        do throws(Refusal) {
            document = try Self.document(in: secret, readYAML)
        } catch {
            obstacle = Wait(
                "UserDataInvalid", "the Secret \(name): \(error.problems.joined(separator: "; "))", on: key,
                unblockedBy: "somebody corrects the entry `\(Self.entry)` of the Secret \(name)")
        }
    }

    /// Whether hosts would begin without what they need.
    var holdsHostsUp: Bool { obstacle != nil && held == nil }

    /// Brings the Secret for the hosts to what the user's says.
    func ensure(_ decision: inout Decision) {
        guard isAskedFor else {
            if let held { decision.delete(held) }
            return
        }
        guard let document else { return }
        let data: JSONValue = [Self.entry: .string(Base64.encode(document.encoded))]
        guard let held else { return decision.create(made(data)) }
        var updated = held
        updated.json["data"] = data
        decision.update(updated, from: held)
    }

    private func made(_ data: JSONValue) -> Secret {
        var secret = Secret(
            namespace: cluster.namespace, name: EdgeCluster.userDataDocumentName(cluster.name))
        secret.labels = [WellKnown.clusterName: cluster.name]
        secret.setController(cluster)
        secret.type = clusterSecretType
        secret.json["data"] = data
        return secret
    }

    private struct Refusal: Error {
        var problems: [String]
        init(_ problems: String...) { self.problems = problems }
    }

    private static func document(in secret: Secret, _ readYAML: YAMLReader) throws(Refusal) -> JSONValue {
        guard let encoded = secret.json["data", entry]?.stringValue else {
            throw Refusal("it has no entry `\(entry)`")
        }
        guard let text = Base64.decode(encoded).flatMap({ String(validating: $0, as: UTF8.self) }) else {
            throw Refusal("\(entry): must be text in UTF-8")
        }
        guard !text.hasPrefix("#!") else {
            throw Refusal("\(entry): must be cloud-config; the commands of a script belong below `runcmd`")
        }
        let document: JSONValue
        do throws(UnreadableYAML) {
            document = try readYAML(text)
        } catch {
            throw Refusal("\(entry): no YAML that can be read, at line \(error.line), column \(error.column)")
        }
        let problems = UserData.problems(of: document)
        guard problems.isEmpty else {
            var refusal = Refusal()
            refusal.problems = problems.prefix(8).map(\.description)
            throw refusal
        }
        return document
    }
}
