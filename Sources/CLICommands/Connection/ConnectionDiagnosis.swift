import APIMachinery
import CorbelAPI

/// What a failure to speak to a server means, in a sentence of its own for each cause.
enum ConnectionDiagnosis {
    /// The cause of an error that a transport has met; other errors stay as they are.
    static func diagnose(_ error: any Error, server: String) -> any Error {
        guard let status = error as? StatusError, status.reason == .serviceUnavailable || status.reason == .timeout
        else {
            return error
        }
        let text = status.message.lowercased()
        guard text.contains("cannot be reached") || text.contains("did not answer") else { return error }
        return failure(text, server: server)
    }

    private static func failure(_ text: String, server: String) -> CommandFailure {
        if text.contains("certificate_expired") || text.contains("certificate expired") {
            return .connection(
                "\(server) refuses the client certificate: it has expired", hint: expiredHint)
        }
        if text.contains("certificate_verify_failed") || text.contains("certificate verify failed")
            || text.contains("unabletovalidatecertificate")
        {
            return .connection(
                "the certificate of \(server) is not of the authority that the kubeconfig names",
                hint: "the server may have a new authority: take its present admin.kubeconfig")
        }
        if text.contains("refused") {
            return .connection(
                "\(server) cannot be reached: nothing listens there",
                hint: "is `corbel serve` running, and is this the kubeconfig that it wrote last?")
        }
        if text.contains("timeout") || text.contains("did not answer") || text.contains("timed out") {
            return .connection(
                "\(server) does not answer", hint: "check the network and the firewall between here and there")
        }
        if text.contains("name or service not known") || text.contains("unknown(host") || text.contains("nodename") {
            return .connection("\(server) cannot be reached: its name is not known", hint: "check the name and the DNS")
        }
        return .connection(
            "\(server) cannot be reached", hint: "check that the server runs and that this machine reaches it")
    }

    private static let expiredHint =
        "`corbel serve` writes a fresh admin.kubeconfig when it starts; `corbel kubeconfig` issues one for a site"

    /// What is wrong with a client certificate before anything is sent.
    static func problem(ofCertificateUntil end: Timestamp, context: String, now: Timestamp) -> CommandFailure? {
        guard end < now else { return nil }
        let age = HumanDuration.text(now - end)
        return .connection(
            "the client certificate of the context \"\(context)\" expired \(age) ago, at \(end)",
            hint: expiredHint)
    }
}
