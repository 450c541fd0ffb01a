import Effects
import HTTPTransport

extension TLSFiles {
    /// A sender for as long as `body` runs; its connections are closed afterwards.
    func withSender(
        _ files: any FileReader, usesHTTP2: Bool = true, _ body: (TLSHTTPSender) async throws -> Void
    ) async throws {
        let identity = TLSHTTPSender.Identity(
            authorities: try await files.pem(authority), certificate: try await files.pem(certificate),
            privateKey: try await files.pem(key))
        try await TLSHTTPSender(identity, usesHTTP2: usesHTTP2).use(body)
    }
}

extension TLSHTTPSender {
    func use(_ body: (TLSHTTPSender) async throws -> Void) async throws {
        do {
            try await body(self)
        } catch {
            await self.shutdown()
            throw error
        }
        await self.shutdown()
    }
}
