/// The rules that do not depend on a path of values.
enum FixedRule {
    static let upgradeBehavior = "Palette Edge, Edge Cluster Upgrade Behavior"
    static let updateTypes = "Palette Edge, Cluster Management, Update Types"
    static let design = "Corbel's design, Resources"

    static let systemURI = ImpactRule(
        "system-uri", .repave, "options.system.uri, or a value that it is made of, however far: every host is repaved",
        source: "\(upgradeBehavior), OS Layer")
    static let unlisted = ImpactRule(
        "unlisted", .reboot,
        "a path of the operating-system or Kubernetes layer that no rule lists: every host reboots",
        source: design)
    static let osVersion = ImpactRule(
        "os-version", .repave, "another version of the operating-system pack: the other slot is written, then a reboot",
        source: "\(updateTypes), OS upgrade")
    static let osPack = ImpactRule(
        "os-pack", .repave, "another operating-system pack: the other slot is written, then a reboot",
        source: "\(updateTypes), OS upgrade")
    static let kubernetesVersion = ImpactRule(
        "k8s-version", .rollingUpgrade, "another Kubernetes version: hosts are drained and upgraded one by one",
        source: "\(updateTypes), K8s version upgrade")
    static let kubernetesPack = ImpactRule(
        "k8s-pack", .repave, "another Kubernetes pack: every host is set up anew", source: design)
    static let packVersion = ImpactRule(
        "pack-version", .workloadRollout, "another version of a pack: new images are pulled, pods restart",
        source: "\(updateTypes), Pack version upgrade")
    static let packValue = ImpactRule(
        "pack-value", .workloadRollout, "a value of a pack: pods restart", source: "\(updateTypes), Pack value change")
    static let packReplaced = ImpactRule(
        "pack-replaced", .workloadRollout, "another pack: its objects take the place of the old one's", source: design)
    static let layerAdded = ImpactRule(
        "layer-added", .workloadRollout, "a new layer: its objects are applied", source: design)
    static let layerRemoved = ImpactRule(
        "layer-removed", .workloadRollout, "a layer that is gone: its objects are pruned", source: design)
    static let created = ImpactRule(
        "created", .repave, "a new cluster: hosts are set up from scratch", source: design)
    static let manifest = ImpactRule(
        "manifest", .workloadRollout, "an object of a layer: it is applied, pods restart as their workload says",
        source: design)
    static let gate = ImpactRule(
        "ready-to-proceed", .noOp, "a probe between hosts: it counts from the next rollout on", source: design)
    static let order = ImpactRule(
        "install-priority", .noOp, "the order of installation: it counts when layers are next applied", source: design)
    static let text = ImpactRule(
        "values-text", .noOp, "comments or notation: the values are the same", source: design)
}
