extension CertificateProfile {
    /// For a server that is reached under any of these names and addresses. Addresses that stand for any address are
    /// left out: no client connects to one.
    public static func server(_ commonName: String, reachedAs names: [String]) -> CertificateProfile {
        let unique = Set(names).subtracting(["0.0.0.0", "::"])
        return .server(
            commonName, dnsNames: unique.filter { IPAddress($0) == nil }.sorted(),
            addresses: unique.filter { IPAddress($0) != nil }.sorted())
    }
}
