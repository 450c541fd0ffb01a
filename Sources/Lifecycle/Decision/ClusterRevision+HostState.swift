public import CorbelAPI

extension ClusterRevision {
    /// What a host runs that follows the revision.
    public var hostState: HostState {
        HostState(
            revision: name, osVersion: osVersion, osImage: osImage, osDigest: ImageDigest.of(reference: osImage) ?? "",
            kubernetesVersion: kubernetesVersion)
    }
}
