import SwiftASN1
import X509

/// Whom a certificate speaks of. Kubernetes takes the common name for the user and the organizations for its groups.
public struct CertificateSubject: Sendable, Hashable {
    public var commonName: String
    public var organizations: [String]

    public init(commonName: String, organizations: [String] = []) {
        self.commonName = commonName
        self.organizations = organizations
    }
}

extension CertificateSubject {
    /// The last common name and all organizations; what else the name holds is left out.
    init(_ name: DistinguishedName) {
        func values(_ type: ASN1ObjectIdentifier) -> [String] {
            name.flatMap { $0 }.filter { $0.type == type }.compactMap { String($0.value) }
        }
        commonName = values(.RDNAttributeType.commonName).last ?? ""
        organizations = values(.RDNAttributeType.organizationName)
    }

    var distinguishedName: DistinguishedName {
        let groups = organizations.map {
            RelativeDistinguishedName.Attribute(type: .RDNAttributeType.organizationName, utf8String: $0)
        }
        let name = RelativeDistinguishedName.Attribute(type: .RDNAttributeType.commonName, utf8String: commonName)
        return DistinguishedName((groups + [name]).map { RelativeDistinguishedName($0) })
    }
}
