import APIServer
import CorbelAPI
import Effects
import ResourceClient
import ResourceStore

extension UserInfo {
    /// The stand-in's server itself.
    static let siteServer = UserInfo(name: "system:apiserver", groups: [UserInfo.mastersGroup])
}

extension APIServer {
    /// The server of a site, with the site's rules.
    static func site(over store: any ResourceStore, time: any TimeSource, random: any RandomSource) -> APIServer {
        let inner = APIServer(
            .init(registry: .site, authorizer: MastersAuthorizer(), version: "standin"), store: store, clock: time,
            random: random)
        let reader = inner.client(as: .siteServer)
        let site = SiteAuthorizer { key in
            do {
                return try await reader.get(key)
            } catch let error as StatusError where error.reason == .notFound {
                return nil
            }
        }
        return APIServer(
            .init(
                registry: .site, authorizer: UnionAuthorizer([MastersAuthorizer(), site]),
                plugins: [NodeRestriction(), SigningRequestCheck()], version: "standin"),
            store: store, clock: time, random: random)
    }
}
