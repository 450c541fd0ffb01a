public import CorbelAPI

/// The rules of the values of the operating-system and Kubernetes layers, as data.
///
/// They are the tables of Palette's page "Edge Cluster Upgrade Behavior". RKE2 follows its table and not the known
/// issue that the page names, by which it repaves where the table says reboot.
public enum ImpactTable {
    /// A path of values, and what a change of it does. A pattern that ends with `.*` covers the path before it and
    /// all below.
    public struct Row: Sendable, Hashable {
        public var pattern: String
        public var impact: Impact
    }

    /// The stages that run when a host boots, installs, upgrades or resets.
    static let rebootStages = [
        "rootfs", "initramfs", "boot", "fs", "network", "after-install", "after-install-chroot", "after-upgrade",
        "after-upgrade-chroot", "after-reset", "after-reset-chroot", "before-install", "before-upgrade", "before-reset",
    ]

    private static let stageRows = rebootStages.map { Row(pattern: "stages.\($0).*", impact: .reboot) }

    static let osRows =
        [Row(pattern: "options.system.uri", impact: .repave)] + stageRows
        + [Row(pattern: "stages.reconcile.*", impact: .configReload)]
        + [
            "pack.*", "providerCredentials.*", "options.system.registry", "options.system.repo",
            "options.system.k8sDistribution", "options.system.osName", "options.system.peVersion",
            "options.system.customTag", "options.system.osVersion",
        ].map { Row(pattern: $0, impact: .noOp) }

    private static let publishedKubernetesRows =
        stageRows + [
            Row(pattern: "cluster.*", impact: .serviceRestart), Row(pattern: "clientConfig.*", impact: .noOp),
            Row(pattern: "pack.*", impact: .noOp),
        ]

    static let kubernetesRows: [Distribution: [Row]] = [
        .kubeadm: publishedKubernetesRows,
        .k3s: publishedKubernetesRows,
        .rke2: publishedKubernetesRows,
        .canonical: publishedKubernetesRows,
    ]

    /// The rows of a layer; the network, storage and add-on layers have none, because one rule covers all their values.
    public static func rows(layer: LayerType, distribution: Distribution) -> [Row] {
        switch layer {
        case .os: osRows
        case .k8s: kubernetesRows[distribution] ?? []
        case .cni, .csi, .addon: []
        }
    }

    /// The rule of the row that covers `path`.
    static func rule(for path: ValuePath, layer: LayerType, distribution: Distribution) -> ImpactRule? {
        guard let row = rows(layer: layer, distribution: distribution).first(where: { $0.covers(path) }) else {
            return nil
        }
        if row.pattern == "options.system.uri" { return FixedRule.systemURI }
        return ImpactRule(
            "\(layer.rawValue):\(row.pattern)", row.impact,
            "\(row.pattern) of the \(layer.title) layer: \(row.impact.effect)",
            source: source(layer: layer, distribution: distribution, impact: row.impact))
    }

    private static func source(layer: LayerType, distribution: Distribution, impact: Impact) -> String {
        switch (layer, distribution) {
        case (.os, _): "\(FixedRule.upgradeBehavior), OS Layer"
        case (_, .kubeadm): "\(FixedRule.upgradeBehavior), Kubernetes Layer, PXK-E"
        case (_, .k3s): "\(FixedRule.upgradeBehavior), Kubernetes Layer, K3s"
        case (_, .rke2): "\(FixedRule.upgradeBehavior), Kubernetes Layer, RKE2 (the table, not the known issue)"
        case (_, .canonical): "Corbel's own rule: Canonical Kubernetes, which has no published table, follows K3s"
        }
    }
}

extension ImpactTable.Row {
    func covers(_ path: ValuePath) -> Bool {
        if pattern.hasSuffix(".*") {
            let prefix = pattern.dropLast(2)
            return path.dotted == prefix || path.dotted.hasPrefix("\(prefix).")
        }
        return path.dotted == pattern || path.dotted.hasPrefix("\(pattern).")
    }
}

extension Impact {
    /// What the impact does, as the end of a sentence.
    var effect: String {
        switch self {
        case .noOp: "nothing happens"
        case .configReload: "hosts reload their configuration, nothing restarts"
        case .workloadRollout: "pods restart"
        case .serviceRestart: "services restart on every host, the control plane first"
        case .rollingUpgrade: "hosts are drained and upgraded one by one"
        case .reboot: "every host reboots, the control plane first"
        case .repave: "every host is repaved, the control plane first"
        }
    }
}
