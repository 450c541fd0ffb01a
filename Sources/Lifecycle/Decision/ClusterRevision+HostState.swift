public import CorbelAPI

extension ClusterRevision {
    /// What a host runs that follows the revision.
    public var hostState: HostState {
        HostState(
            revision: name, osVersion: osVersion, osImage: osImage, osDigest: osDigest,
            kubernetesVersion: kubernetesVersion)
    }

    /// The digest that the image's reference ends with; empty where it names none.
    private var osDigest: String {
        guard let at = osImage.lastIndex(of: "@") else { return "" }
        return String(osImage[osImage.index(after: at)...])
    }
}
