import ControlLoop
import CorbelAPI
@testable import Lifecycle
import Testing
@Test func debug() {
    var world = TestWorld(controlPlane: ["host-1"])
    world.run(rounds: 30)
    print("PIVOT", world.edgeCluster.json["status", "pivot"]?.encodedText ?? "")
    let bundle = PivotBundle(of: world.edgeCluster, in: world.centre.snapshot)
    let held = bundle.asHeld(by: world.site.snapshot)
    print(bundle.digest, held.digest)
    for (a, b) in zip(bundle.moved + bundle.copied, held.moved + held.copied) {
        let (x, y) = (PivotBundle.canonical(a).encodedText, PivotBundle.canonical(b).encodedText)
        if x != y { print("DIFF\n", x, "\n", y) }
    }
    if let m = PivotImport(bundle: bundle, cluster: world.edgeCluster, site: world.site.snapshot) { print(m.next) }
}
