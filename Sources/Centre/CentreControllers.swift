import APIServer
import ControlLoop
import ControllerRuntime
import CorbelAPI
import Effects
import Lifecycle
import Logging
import Profiles
import Registry
import ResourceClient
import Revisions
import YAML

/// The reconcilers of the centre, under a lease: those that turn intent into revisions, and those that run a cluster
/// until its pivot. Beside them, forecasts for the updates that they make.
struct CentreControllers: Sendable {
    private static let lease = Lease.key(namespace: "kube-system", name: "corbel-controllers")

    let client: any ResourceClient
    /// Tries updates out before they are approved; none are where there is nothing to do it with.
    let rehearser: (any UpdateRehearser)?
    let images: ImageRegistry
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger

    /// Runs until it is cancelled.
    func run() async throws {
        let election = LeaderElector(
            LeaderElection.Configuration(identity: "centre-\(random.uuid())", lease: Self.lease), client: client,
            time: time,
            random: random, logger: logger)
        try await election.run { transitions in
            let runner = ControllerRunner(
                client: client, reconcilers: reconcilers(LeadershipTerm(transitions: transitions)), time: time,
                random: random, name: "corbel", logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                if let rehearser {
                    let forecasts = ForecastService(
                        client: client, rehearser: rehearser, imageBytes: images.byteCount(of:), time: time,
                        logger: logger)
                    group.addTask { try await forecasts.run() }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }

    private func reconcilers(_ term: LeadershipTerm) -> [any Reconciler] {
        Reconcilers.centre(resolver: ProfileResolver(), readYAML: Self.readYAML)
            + Reconcilers.bootstrapPlane(term: term)
    }

    private static func readYAML(_ text: String) throws(UnreadableYAML) -> JSONValue {
        do {
            return try JSONValue(yaml: text)
        } catch {
            throw UnreadableYAML(line: error.line, column: error.column)
        }
    }
}

/// Checks a profile by itself when it is written, so that a mistake shows where it is made.
struct ProfileAdmission: AdmissionPlugin {
    let kinds: Set<GroupKind>? = [ClusterProfile.groupKind]

    func admit(_ request: AdmissionRequest) throws -> Unstructured {
        let problems = ProfileResolver.validate(ClusterProfile(request.object))
        guard problems.isEmpty else {
            throw StatusError.invalid(request.object.groupKind, request.object.name, problems.map(\.fieldError))
        }
        return request.object
    }
}
