/// A request to be given a certificate (certificates.k8s.io/v1 CertificateSigningRequest).
///
/// Its spec never changes. The server writes who asks; the approval says whether the certificate may be given, and the
/// signer gives it.
public struct CertificateSigningRequest: TypedResource {
    public var json: JSONValue
    public init(json: JSONValue) { self.json = json }

    public static let definition = ResourceDefinition(
        group: APIGroup.certificates, version: "v1", kind: "CertificateSigningRequest",
        plural: "certificatesigningrequests", shortNames: ["csr"], scope: .cluster,
        schema: .object("", required: ["spec"], ["spec": specSchema, "status": statusSchema]),
        columns: [
            .init("Age", "date", .age(["metadata", "creationTimestamp"])),
            .init("SignerName", .field(["spec", "signerName"]), "Who is to sign."),
            .init("Requestor", .field(["spec", "username"]), "Who asks."),
            .init(
                "RequestedDuration", .seconds(["spec", "expirationSeconds"]), "How long the certificate should hold."),
            .init(
                "Condition", .trueConditions(and: ["Issued": ["status", "certificate"]], otherwise: "Pending"),
                "Where the request stands."),
        ],
        isBuiltIn: true, selectableFields: [["spec", "signerName"]])

    /// Signs client certificates of nodes, and approves those that a node may ask for.
    public static let kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet"
    /// Signs client certificates that somebody has approved.
    public static let clientSigner = "kubernetes.io/kube-apiserver-client"
    /// At the centre: the site of the cluster that the request's labels name signs it.
    public static let siteSigner = "\(APIGroup.corbel)/site"

    /// The groups that a site's certificate for a person may be of, by what the person may do there.
    public enum SiteRole: String, Sendable, Hashable, CaseIterable {
        case admin = "kubeadm:cluster-admins"
        case view = "corbel:viewers"
    }

    /// A request for a site's certificate: created at the centre, answered by the site of that cluster.
    public init(generateName prefix: String, atSiteOf cluster: EdgeCluster) {
        self.init(name: "")
        json["metadata"] = ["generateName": .string(prefix)]
        labels = [WellKnown.clusterName: cluster.name, WellKnown.clusterNamespace: cluster.namespace]
        signerName = Self.siteSigner
    }

    /// Whether the site of this cluster is to answer.
    public func isForSite(ofCluster cluster: String, in namespace: String) -> Bool {
        signerName == Self.siteSigner && labels[WellKnown.clusterName] == cluster
            && labels[WellKnown.clusterNamespace] == namespace
    }

    public var signerName: String {
        get { json["spec", "signerName"]?.stringValue ?? "" }
        set { json["spec", "signerName"] = .string(newValue) }
    }

    /// The request as PEM (PKCS #10); empty where the object holds none.
    public var request: [UInt8] {
        get { json["spec", "request"]?.stringValue.flatMap(Base64.decode) ?? [] }
        set { json["spec", "request"] = .string(Base64.encode(newValue)) }
    }

    public var usages: [String] {
        get { json["spec", "usages"]?.stringList ?? [] }
        set { json["spec", "usages"] = JSONValue(newValue) }
    }

    /// How long the certificate should hold; the signer decides where nothing is said.
    public var expiration: Duration? {
        get { json["spec", "expirationSeconds"]?.intValue.map { .seconds($0) } }
        set { json["spec", "expirationSeconds"] = newValue.map { .integer($0.components.seconds) } }
    }

    /// Who asks, as the server has authenticated them.
    public var userName: String {
        get { json["spec", "username"]?.stringValue ?? "" }
        set { json["spec", "username"] = .string(newValue) }
    }

    /// The groups of who asks.
    public var groups: [String] {
        get { json["spec", "groups"]?.stringList ?? [] }
        set { json["spec", "groups"] = JSONValue(newValue) }
    }

    /// The certificate as PEM, once it is issued.
    public var certificate: [UInt8]? {
        get { json["status", "certificate"]?.stringValue.flatMap(Base64.decode).flatMap { $0.isEmpty ? nil : $0 } }
        set { json["status", "certificate"] = newValue.map { .string(Base64.encode($0)) } }
    }
}

extension ResourceDefinition {
    /// Whether objects are approved or denied through the subresource `/approval`.
    public var hasApproval: Bool { groupKind == CertificateSigningRequest.groupKind }
}

// The conditions.
extension CertificateSigningRequest {
    public static let approved = "Approved"
    public static let denied = "Denied"
    /// The signer cannot sign what was approved.
    public static let failed = "Failed"

    public var isApproved: Bool { isTrue(Self.approved) && !isDenied }
    public var isDenied: Bool { isTrue(Self.denied) }

    /// Whether nothing more will become of it.
    public var isFinished: Bool { certificate != nil || isDenied || isTrue(Self.failed) }
}

extension CertificateSigningRequest {
    /// In the words of `certificates.k8s.io/v1` KeyUsage.
    private static let knownUsages = [
        "signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment",
        "cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing",
        "email protection", "s/mime", "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing",
        "microsoft sgc", "netscape sgc",
    ]

    private static let specSchema = Schema.object(
        "What is asked for, and by whom.", required: ["request", "signerName", "usages"],
        [
            "request": .string("A PKCS #10 request in PEM, in base64.").length(1...(32 << 10)),
            "signerName": .string("Who is to sign.")
                .matching("^[a-z0-9.-]+/[a-zA-Z0-9._-]+$", "a domain and a name, such as example.com/signer")
                .length(1...571),
            "usages": .array(
                "What the certificate is for.", of: .string("A use.", oneOf: knownUsages), .set
            ).items(1...32),
            "expirationSeconds": .integer("How long the certificate should hold.", 600...Int(Int32.max)),
            "username": .string("Who asks; the server writes it."),
            "uid": .string("The UID of who asks; the server writes it."),
            "groups": .array("The groups of who asks; the server writes them.", of: Schema(.string)),
            "extra": .map(
                "What else is known of who asks; the server writes it.", of: .array("Values.", of: Schema(.string))),
        ])

    private static let statusSchema = Schema.object(
        "What has become of it.",
        [
            "certificate": .string("The certificate in PEM, in base64.").length(0...(128 << 10)),
            "conditions": .array(
                "Approved, Denied, Failed.",
                of: .object(
                    "One of them.", required: ["type", "status"],
                    [
                        "type": .string("What is said."),
                        "status": .string("Whether it holds.", oneOf: ["True", "False", "Unknown"]),
                        "reason": .string("Why, in one word."),
                        "message": .string("Why, in a sentence."),
                        "lastUpdateTime": .nullableTime("When it was last said."),
                        "lastTransitionTime": .nullableTime("When the status last changed."),
                    ]), .map(keys: ["type"])),
        ])
}
