import Effects
import HTTPTransport

extension TLSFiles {
    func sender(_ files: any FileReader) async throws -> TLSHTTPSender {
        try TLSHTTPSender(
            .init(
                authorities: try await files.pem(authority), certificate: try await files.pem(certificate),
                privateKey: try await files.pem(key)))
    }
}
