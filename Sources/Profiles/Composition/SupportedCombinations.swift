import CorbelAPI

/// The combinations that Palette's page "Architecture" (Palette Edge Distribution, Supported Configurations) lists,
/// as data. What is not listed may work all the same: it warns and is never refused.
enum SupportedCombinations {
    struct Row {
        var distribution: Distribution
        var title: String
        var operatingSystems: [String]
        var networks: [String]
        var storages: [String]
    }

    static let rows = [
        Row(
            distribution: .k3s, title: "Palette Optimized K3s", operatingSystems: ["openSUSE", "Ubuntu"],
            networks: ["Calico", "Flannel"], storages: ["Rook Ceph"]),
        Row(
            distribution: .rke2, title: "Palette Optimized RKE2", operatingSystems: ["openSUSE", "Ubuntu"],
            networks: ["Calico", "Flannel"], storages: ["Rook Ceph"]),
        Row(
            distribution: .kubeadm, title: "Palette eXtended Kubernetes Edge (PXK-E)",
            operatingSystems: ["openSUSE", "Ubuntu"], networks: ["Calico", "Flannel"], storages: ["Rook Ceph"]),
        Row(
            distribution: .canonical, title: "Palette Optimized Canonical", operatingSystems: ["Ubuntu"],
            networks: ["Calico", "Cilium"], storages: ["Longhorn"]),
    ]

    static let kubernetesMinors = 26...33

    /// The Kubernetes packs, and the distribution that each sets up.
    static let distributions: [(pack: String, distribution: Distribution)] = [
        ("edge-k8s", .kubeadm), ("edge-k3s", .k3s), ("edge-rke2", .rke2), ("edge-canonical", .canonical),
    ]

    /// What a part of a pack's name, or of an operating system's, says of what is in it.
    static let families: [(part: String, family: String)] = [
        ("ubuntu", "Ubuntu"), ("opensuse", "openSUSE"), ("calico", "Calico"), ("flannel", "Flannel"),
        ("cilium", "Cilium"),
        ("rook", "Rook Ceph"), ("longhorn", "Longhorn"), ("portworx", "Portworx"),
    ]

    static func distribution(ofPack name: String) -> Distribution? {
        distributions.first { $0.pack == name }?.distribution
    }

    static func family(_ name: String) -> String {
        families.first { name.lowercased().contains($0.part) }?.family ?? name
    }
}
