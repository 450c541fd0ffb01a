import CorbelAPI
import Testing

@testable import CLICommands

@Suite("Kubeconfigs and connections")
struct ConnectionTests {
    static let text = """
        apiVersion: v1
        kind: Config
        current-context: one
        clusters:
        - {name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority-data: YWJj}}
        - {name: open, cluster: {server: "http://127.0.0.1:1"}}
        - {name: blind, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}
        contexts:
        - {name: one, context: {cluster: c, user: u, namespace: north}}
        - {name: two, context: {cluster: c, user: files}}
        - {name: broken, context: {cluster: c, user: nobody}}
        - {name: open, context: {cluster: open, user: u}}
        - {name: blind, context: {cluster: blind, user: u}}
        - {name: garbled, context: {cluster: c, user: garbled}}
        users:
        - {name: u, user: {token: secret}}
        - {name: files, user: {client-certificate: a.pem, client-key: /keys/a.key}}
        - {name: garbled, user: {client-key-data: "***"}}
        """

    @Test("a context has its server, namespace and credentials, embedded or in files")
    func contexts() throws {
        let file = try KubeconfigFile(parsing: Self.text, from: "kubeconfig")
        let one = try file.context(nil)
        #expect(one.namespace == "north" && one.token == "secret" && one.authority == .data(Array("abc".utf8)))
        let two = try file.context("two")
        #expect(two.certificate == .file("a.pem") && two.privateKey == .file("/keys/a.key") && two.namespace == nil)
    }

    @Test(
        "a context that cannot be used is named, with why",
        arguments: [
            ("three", "no context \"three\""), ("broken", "\"nobody\", which it lacks"),
            ("open", "begins with https://"),
            ("blind", "skips the verification"), ("garbled", "client-key-data of \"garbled\" is no base64"),
        ])
    func problems(name: String, expected: String) throws {
        let file = try KubeconfigFile(parsing: Self.text, from: "kubeconfig")
        let failure = #expect(throws: CommandFailure.self) { try file.context(name) }
        #expect(failure?.message.contains(expected) == true, "\(failure?.message ?? "")")
    }

    @Test("the option goes before the variables, and those before the working directory")
    func locations() {
        func paths(_ option: String?, _ environment: [String: String]) -> [String] {
            KubeconfigLocation(option: option, environment: environment).candidates.map(\.path)
        }
        let both = ["CORBEL_KUBECONFIG": "c", "KUBECONFIG": "k1:k2"]
        #expect(paths("o", both) == ["o"])
        #expect(paths(nil, both) == ["c"])
        #expect(paths(nil, ["KUBECONFIG": "k1:k2"]) == ["k1", "k2", "admin.kubeconfig"])
        #expect(paths(nil, [:]) == ["admin.kubeconfig"])
        let missing = KubeconfigLocation(option: "o", environment: [:]).missing
        #expect(missing.message == "there is no kubeconfig at o, which --kubeconfig names")
    }

    @Test(
        "each cause of a failure to connect has a sentence of its own",
        arguments: [
            ("https://a cannot be reached: connection refused (errno: 111)", "nothing listens there"),
            ("https://a cannot be reached: sslError CERTIFICATE_VERIFY_FAILED", "not of the authority"),
            ("https://a cannot be reached: TLSV1_ALERT_CERTIFICATE_EXPIRED", "it has expired"),
            ("https://a did not answer in time", "does not answer"),
            ("https://a cannot be reached: connectTimeout", "does not answer"),
            ("https://a cannot be reached: something new", "cannot be reached"),
        ])
    func diagnoses(message: String, expected: String) throws {
        let error = StatusError(.serviceUnavailable, message)
        let failure = try #require(ConnectionDiagnosis.diagnose(error, server: "https://a") as? CommandFailure)
        #expect(failure.message.contains(expected), "\(failure.message)")
        #expect(failure.isAboutConnection && !failure.hint.isEmpty)
    }

    @Test("an answer of the server's own is no failure to connect")
    func answers() {
        let error = StatusError(.serviceUnavailable, "the store is busy")
        #expect(ConnectionDiagnosis.diagnose(error, server: "https://a") is StatusError)
    }

    @Test("a certificate that has ended says so before anything is sent")
    func expired() {
        let now = Timestamp(seconds: 1_000_000)
        let failure = ConnectionDiagnosis.problem(
            ofCertificateUntil: now - .seconds(7200), context: "one", now: now)
        #expect(failure?.message.contains("expired 120m ago") == true, "\(failure?.message ?? "")")
        #expect(ConnectionDiagnosis.problem(ofCertificateUntil: now, context: "one", now: now) == nil)
    }
}
