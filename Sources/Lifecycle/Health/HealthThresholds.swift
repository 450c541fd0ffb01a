/// The limits beyond which something counts as unwell.
public enum HealthThresholds {
    /// A host that was last heard of longer ago cannot be reached.
    public static let unreachableAfter = Duration.seconds(300)
    /// Use of processor and memory, in per cent.
    public static let busy = 90
    /// Use of a disk, in per cent: at the second one the kubelet is about to evict pods.
    public static let diskFilling = 80
    public static let diskFull = 90
}
