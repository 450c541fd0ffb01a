import ControlLoop
import CorbelAPI
import HostPlan
import Simulator
import Testing

/// The laws of certificates are shown to fire.
@Suite("Planted bugs: certificates")
struct PlantedCertificateTests {
    private static let ending = """
        seed 1
        begin bare
        at 1510s short-certificates a for 2500s
        at 1510s short-certificates b for 2500s
        at 1510s short-certificates c for 2500s
        at 6000s compaction
        """

    private static let dark = """
        seed 1
        begin bare
        at 1510s power-cut a for 1500s
        at 1510s power-cut b for 1500s
        at 1510s power-cut c for 1500s
        at 1520s short-certificates a for 900s
        at 1520s short-certificates b for 900s
        at 1520s short-certificates c for 900s
        at 6000s compaction
        """

    private func broken(
        _ text: String, _ plant: (inout SimulationConfiguration) -> Void = { _ in }
    ) throws -> Set<String> {
        var configuration = SimulationConfiguration.one
        plant(&configuration)
        return Set(Simulation(try Script(parsing: text), configuration: configuration).run().violations.map(\.law))
    }

    @Test("without a mistake no law is broken")
    func sound() throws {
        #expect(try broken(Self.ending) == [])
        #expect(try broken(Self.dark) == [])
    }

    @Test("a leader that takes back what it asked for leaves it to the hosts, which is caught")
    func forgetful() throws {
        let laws = try broken(Self.ending) {
            $0.plantedAtSite = [
                PlantedBugTests.Planted(name: "forgetful") { host, _ in
                    guard host.task?.type == .renewCertificates else { return .done }
                    var told = host
                    told.task = nil
                    return Outcome([.update(Unstructured(told))])
                }
            ]
        }
        #expect(laws.contains("certificates do not end under our hands"), "\(laws)")
    }

    @Test("a leader that asks all hosts at once is caught")
    func zealous() throws {
        let laws = try broken(Self.ending) {
            $0.plantedAtSite = [
                PlantedBugTests.Planted(name: "zealous") { host, _ in
                    guard host.certificates?.expires.microseconds ?? .max < 1_810_000_000_000_000, host.isAtSite,
                        host.task?.type != .renewCertificates
                    else { return .done }
                    var told = host
                    told.task = HostTask(id: "zealous", type: .renewCertificates, epoch: 2, leaseTransitions: 9)
                    return Outcome([.update(Unstructured(told))])
                }
            ]
        }
        #expect(laws.contains("one host renews at a time"), "\(laws)")
    }

    @Test("hosts that wait to be asked never come back from the dark, which is caught")
    func obedient() throws {
        let laws = try broken(Self.dark) { $0.hosts.certificateReserve = .seconds(-1_000_000_000) }
        #expect(laws.contains("certificates do not end under our hands"), "\(laws)")
    }
}

extension HostMachine {
    fileprivate var isAtSite: Bool { role == .controlPlane && running?.kubernetesVersion.isEmpty == false }
}
