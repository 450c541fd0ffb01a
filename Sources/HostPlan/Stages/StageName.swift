/// The stages of a host's life at which user data may act, in the names that Kairos documents.
public enum StageName: String, Sendable, Hashable, CaseIterable {
    case rootfs, initramfs, boot, fs, network, reconcile
    case beforeInstall = "before-install"
    case afterInstallChroot = "after-install-chroot"
    case afterInstall = "after-install"
    case beforeUpgrade = "before-upgrade"
    case afterUpgradeChroot = "after-upgrade-chroot"
    case afterUpgrade = "after-upgrade"
    case beforeReset = "before-reset"
    case afterResetChroot = "after-reset-chroot"
    case afterReset = "after-reset"

    /// The keys under `stages` that belong to the stage, in the order in which they run.
    var keys: [String] { ["\(rawValue).before", rawValue, "\(rawValue).after"] }
}
