import CorbelAPI
import Effects
import EffectsLinux
import Foundation
import PKI

/// A directory of its own for a test, gone afterwards.
struct ScratchDirectory {
    let path: String

    /// One that is there already.
    init(path: String) { self.path = path }

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "corbel-standin-\(SystemRandom().uuid())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: "\(path)/\(name)")) }
    func write(_ name: String, _ json: JSONValue) throws { try write(name, json.encoded) }
    func remove() throws { try FileManager.default.removeItem(atPath: path) }
}

/// The authority of a test's site, and the certificates that it gives.
struct TestCertificates {
    let directory: ScratchDirectory
    private let authority: CertificateAuthority

    init(in directory: ScratchDirectory) throws {
        self.directory = directory
        authority = try .selfSigned(commonName: "site-ca", now: SystemClock().now, random: SystemRandom())
        try directory.write("ca.crt", authority.certificate.bytes)
        try directory.write("ca.key", try authority.privateKey.bytes)
        let hosts = try CertificateAuthority.selfSigned(
            commonName: "centre", now: SystemClock().now, random: SystemRandom())
        try directory.write("hosts.crt", hosts.certificate.bytes)
        try Self.issue("centre-admin", .client("admin", organizations: ["system:masters"]), by: hosts, directory)
        try Self.issue(
            "centre-host", .client("corbel:host:default:h1", organizations: ["corbel:hosts"]), by: hosts, directory)
    }

    /// Writes `<name>.crt` and `<name>.key`.
    func issue(_ name: String, _ profile: CertificateProfile) throws {
        try Self.issue(name, profile, by: authority, directory)
    }

    private static func issue(
        _ name: String, _ profile: CertificateProfile, by authority: CertificateAuthority, _ directory: ScratchDirectory
    ) throws {
        let issued = try authority.issue(
            profile, now: SystemClock().now, validity: .seconds(3600), random: SystemRandom())
        try directory.write("\(name).crt", issued.certificate.bytes)
        try directory.write("\(name).key", try issued.privateKey.pem.bytes)
    }
}
