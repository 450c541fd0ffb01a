import APIServer
public import CorbelAPI
public import Effects
import PKI

/// Makes bearer tokens for a centre's administrator from its data directory: whoever reads that may do everything
/// anyway.
public struct AdministratorToken: Sendable {
    public static let userName = "corbel:admin"

    private let directory: DataDirectory
    private let random: any RandomSource
    private let time: any TimeSource

    public init(dataDirectory: String, files: any FileStore, time: any TimeSource, random: any RandomSource) {
        directory = DataDirectory(path: dataDirectory, files: files, random: random, time: time)
        self.random = random
        self.time = time
    }

    /// The longest that a token is valid.
    public static let longestValidity = AccessToken.longestValidity

    /// A new token, and when it ends.
    ///
    /// - Throws: `notFound` for a directory that no centre has served from.
    public func make(validity: Duration) async throws -> (text: String, expires: Timestamp) {
        guard let signer = try await directory.existingTokenSigner() else {
            throw StatusError(
                .notFound,
                "\(directory.path)/pki/tokens.key is not there: no centre has served from this directory yet")
        }
        let now = time.now
        let claims = AccessToken.Claims(
            subject: Self.userName, groups: [UserInfo.mastersGroup], issued: now, expires: now + validity,
            id: random.uuid())
        return (try AccessToken(claims, by: signer).text, claims.expires)
    }
}
