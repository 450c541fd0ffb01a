import CorbelAPI
import Distros
import Testing

@Suite("Version skew")
struct VersionSkewTests {
    @Test(
        "kubelet is not newer than the API server, and at most three minors older",
        arguments: [
            ("1.33.6", "1.33.6", true), ("1.33.9", "1.33.6", true), ("1.30.0", "1.33.6", true),
            ("1.29.9", "1.33.6", false),
            ("1.34.0", "1.33.6", false), ("2.33.6", "1.33.6", false), ("x", "1.33.6", false), ("1.33.6", "", false),
        ])
    func kubelet(_ kubelet: String, _ server: String, _ isAllowed: Bool) {
        #expect(VersionSkew.check(kubelet: kubelet, apiServer: server).isEmpty == isAllowed)
    }

    @Test(
        "kubeadm goes up one minor at a time",
        arguments: [
            ("1.33.6", "1.33.6", true), ("1.33.6", "1.33.9", true), ("1.33.6", "1.34.0", true),
            ("1.33.6", "1.35.0", false),
            ("1.33.6", "1.33.5", false), ("1.33.6", "1.32.9", false), ("1.33.6", "2.0.0", false),
            ("1.33.6", "v1.34.0", false),
        ])
    func kubeadm(_ current: String, _ target: String, _ isAllowed: Bool) {
        #expect(VersionSkew.check(upgradeFrom: current, to: target).isEmpty == isAllowed)
    }

    @Test("the control plane does not leave a node more than three minors behind")
    func controlPlane() {
        let errors = VersionSkew.check(
            controlPlaneFrom: "1.33.6", to: "1.34.1", kubelets: ["1.33.6", "1.30.2", "1.31.0"])
        #expect(errors.map(\.field) == ["kubeletVersions[1]"])
    }

    @Test(
        "API servers are at most one minor apart",
        arguments: [
            (["1.33.6", "1.34.0"], true), ([], true), (["1.32.1", "1.34.0", "1.33.0"], false),
            (["1.33.0", "?"], false),
        ])
    func apiServers(_ versions: [String], _ isAllowed: Bool) {
        #expect(VersionSkew.check(apiServers: versions).isEmpty == isAllowed)
    }

    @Test(
        "etcd moves by one minor and never back",
        arguments: [
            ("3.5.21", "3.6.4", true), ("3.6.4", "3.6.1", true), ("3.6.4", "3.5.21", false), ("3.4.0", "3.6.4", false),
        ])
    func etcd(_ current: String, _ target: String, _ isAllowed: Bool) {
        #expect(VersionSkew.check(etcdFrom: current, to: target).isEmpty == isAllowed)
    }
}
