import APIMachinery
import APIServer
import CorbelAPI
import Effects
import EffectsLinux
import Logging
import ResourceClient
import ResourceStore
import Revisions
import Testing

@testable import Centre

/// Updates and what they stand on.
private enum Sample {
    static func revision(_ sequence: Int) -> ClusterRevision {
        let resolved = ResolvedRevision(spec: [
            "clusterName": "shop", "distribution": "kubeadm", "kubernetesVersion": .string("1.33.\(sequence)"),
            "os": [
                "pack": "edge-os", "version": "5.0.0",
                "image": .string("registry/os:5.0.0@sha256:" + String(repeating: "0", count: 64)),
            ], "layers": [],
        ])
        return ClusterRevision(resolved: resolved, namespace: "default", epoch: 1, sequence: sequence)
    }

    static let cluster: EdgeCluster = {
        var cluster = EdgeCluster(namespace: "default", name: "shop")
        cluster.json["spec"] = [
            "profiles": [["name": "base", "version": "1.0.0"]],
            "pools": [["name": "masters", "role": "control-plane", "hosts": ["m1"]]],
        ]
        return cluster
    }()

    static func update(_ name: String = "u", hosts: Int = 1) -> ClusterUpdate {
        var update = ClusterUpdate(namespace: "default", name: name)
        update.clusterName = "shop"
        (update.fromRevision, update.toRevision) = (revision(1).name, revision(2).name)
        let entries = (0..<hosts).map { number -> JSONValue in
            ["name": .string("m\(number)"), "pool": "masters", "role": "control-plane", "impact": "Reboot"]
        }
        update.plan = ["cluster": "shop", "toRevision": .string(update.toRevision), "hosts": .array(entries)]
        return update
    }

    static let forecast: JSONValue = ["toRevision": .string(revision(2).name), "safe": true, "ending": "Completes"]
}

@Suite("Which updates want a forecast")
struct ForecastDemandTests {
    private static let cases: [(String, Bool, @Sendable (inout ClusterUpdate) -> Void)] = [
        ("one that nobody has approved", true, { _ in }),
        ("one whose forecast is of another revision", true, { $0.forecast = ["toRevision": "old"] }),
        ("one that has its forecast", false, { $0.forecast = Sample.forecast }),
        (
            "one that could not be rehearsed", false,
            { $0.forecast = ["toRevision": .string($0.toRevision), "refused": ["reason": "Failed", "message": ""]] }
        ),
        (
            "one that is approved", false,
            { $0.json["spec", "approval"] = ["approved": true, "revision": .string($0.toRevision)] }
        ),
        ("one that is aborted", false, { $0.json["spec", "aborted"] = true }),
        ("one that is under way", false, { $0.phase = .progressing }),
        ("one that was superseded", false, { $0.phase = .superseded }),
        ("one that is being deleted", false, { $0.json["metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }),
    ]

    @Test("are those that await approval and say nothing of their target", arguments: cases.indices)
    func wanted(index: Int) {
        let (what, wants, change) = Self.cases[index]
        var update = Sample.update()
        change(&update)
        #expect(update.wantsForecast == wants, "\(what)")
    }

    @Test("the one that waited longest comes first, and what is let be does not come at all")
    func order() {
        let updates = (0..<3).map { number -> ClusterUpdate in
            var update = Sample.update("u\(number)")
            update.json["metadata", "uid"] = .string("uid\(number)")
            update.json["metadata", "creationTimestamp"] = .string("2026-01-01T00:00:0\(9 - number)Z")
            return update
        }
        #expect(ForecastDemand.next(of: updates, except: [])?.name == "u2")
        #expect(ForecastDemand.next(of: updates, except: ["uid2"])?.name == "u1")
        #expect(ForecastDemand.next(of: [], except: []) == nil)
    }

    private func demand(
        _ update: ClusterUpdate, _ cluster: EdgeCluster?, _ revisions: [ClusterRevision]
    ) -> Result<ProposedChange, RehearsalObstacle> {
        ForecastDemand.change(
            of: update, cluster: cluster, revisions: revisions, history: [], imageBytes: 1_500_000_000)
    }

    @Test("what lacks its ground is not rehearsed, and neither is what is too large")
    func obstacles() throws {
        let revisions = [Sample.revision(1), Sample.revision(2)]
        func reason(_ update: ClusterUpdate, _ cluster: EdgeCluster?, _ revisions: [ClusterRevision]) -> String {
            switch demand(update, cluster, revisions) {
            case .success(let change): change.from.name + " " + change.to.name
            case .failure(let obstacle): obstacle.reason
            }
        }
        let update = Sample.update()
        #expect(reason(update, nil, revisions) == "ClusterMissing")
        #expect(reason(update, Sample.cluster, [revisions[0]]) == "RevisionMissing")
        #expect(reason(Sample.update(hosts: 65), Sample.cluster, revisions) == "TooManyHosts")
        #expect(reason(update, Sample.cluster, revisions) == "\(revisions[0].name) \(revisions[1].name)")
        var moved = Sample.cluster
        moved.currentRevision = revisions[1].name
        #expect(reason(update, moved, revisions) == "\(revisions[1].name) \(revisions[1].name)", "what runs counts")
        let change = try demand(update, Sample.cluster, revisions).get()
        #expect(try ProposedChange(json: change.json) == change, "it reaches another process whole")
    }
}

@Suite("Forecasts at the centre", .timeLimit(.minutes(1)))
struct ForecastServiceTests {
    /// Answers when it is told to.
    private actor GatedRehearser: UpdateRehearser {
        private(set) var begun: [String] = []
        private(set) var cancelled = 0
        private(set) var most = 0
        private var current = 0
        private var opened = 0
        private let answer: @Sendable (Int) -> RehearsalOutcome

        init(_ answer: @escaping @Sendable (Int) -> RehearsalOutcome) { self.answer = answer }

        func open() { opened += 1 }

        func rehearse(_ change: ProposedChange) async throws -> RehearsalOutcome {
            begun.append(change.to.name)
            let number = begun.count
            current += 1
            most = max(most, current)
            defer { current -= 1 }
            while opened == 0 {
                if Task.isCancelled { cancelled += 1 }
                try Task.checkCancellation()
                await Task.yield()
            }
            opened -= 1
            return answer(number)
        }
    }

    private struct Stage: Sendable {
        let client: any ResourceClient
        let rehearser: GatedRehearser

        /// The update as soon as it is as it should be.
        @discardableResult
        func update(
            _ name: String = "u", until isRight: (ClusterUpdate) -> Bool
        ) async throws -> ClusterUpdate {
            let list = try await client.list(ClusterUpdate.groupKind, ListOptions())
            for object in list.items where object.name == name && isRight(ClusterUpdate(json: object.json)) {
                return ClusterUpdate(json: object.json)
            }
            var options = ListOptions()
            options.resourceVersion = list.resourceVersion
            for try await event in try await client.watch(ClusterUpdate.groupKind, options) {
                guard case .modified(let object) = event, object.name == name else { continue }
                if isRight(ClusterUpdate(json: object.json)) { return ClusterUpdate(json: object.json) }
            }
            throw StatusError(.timeout, "the watch ended")
        }

        func patch(_ patch: JSONValue, of name: String = "u", status: Bool = false) async throws {
            _ = try await client.patch(
                ClusterUpdate.key(namespace: "default", name: name), .merge, patch,
                subresource: status ? .status : nil, WriteOptions(fieldManager: "somebody"))
        }

        func begun(_ count: Int) async throws {
            while await rehearser.begun.count < count {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    /// Runs the service beside `body`.
    private func serving(
        _ answer: @escaping @Sendable (Int) -> RehearsalOutcome = { _ in .forecast(Sample.forecast) },
        _ body: (Stage) async throws -> Void
    ) async throws {
        let server = APIServer(
            .init(registry: .centre, authorizer: MastersAuthorizer(), version: "0"), store: MemoryStore(),
            clock: SystemClock(), random: SystemRandom())
        let client = server.client(as: CentreServer.systemUser)
        _ = try await client.create(Namespace(name: "default"), by: "test")
        _ = try await client.create(Sample.cluster, by: "test")
        for number in 1...2 { _ = try await client.create(Sample.revision(number), by: "test") }
        let stage = Stage(client: client, rehearser: GatedRehearser(answer))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        // A disk that answers nothing keeps no forecast from anybody.
        let service = ForecastService(
            client: client, rehearser: stage.rehearser, imageBytes: { _ in throw EffectError(.ioError, "unreadable") },
            time: SystemClock(), logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            try await body(stage)
            group.cancelAll()
        }
    }

    @Test("every update that awaits approval gets its forecast, one after the other")
    func oneByOne() async throws {
        try await serving { stage in
            for number in 0..<5 { _ = try await stage.client.create(Sample.update("u\(number)"), by: "test") }
            for _ in 0..<5 { await stage.rehearser.open() }
            for number in 0..<5 {
                let update = try await stage.update("u\(number)") { $0.forecast != nil }
                #expect(update.forecast == Sample.forecast)
            }
            #expect(await stage.rehearser.most == 1)
            #expect(await stage.rehearser.begun.count == 5)
        }
    }

    @Test("an approval in the meantime stands, and so does the forecast")
    func approval() async throws {
        try await serving { stage in
            _ = try await stage.client.create(Sample.update(), by: "test")
            try await stage.begun(1)
            let approval: JSONValue = ["approved": true, "revision": .string(Sample.revision(2).name), "by": "me"]
            try await stage.patch(["spec": ["approval": approval]])
            await stage.rehearser.open()
            let update = try await stage.update { $0.forecast != nil }
            #expect(update.isApproved && update.json["spec", "approval", "by"] == "me")
        }
    }

    @Test("what could not be rehearsed says why, and is not tried again; a forecast that is removed is made anew")
    func refusal() async throws {
        let answer: @Sendable (Int) -> RehearsalOutcome = { number in
            number == 1 ? .refused(RehearsalObstacle("DoesNotComeUp", "no")) : .forecast(Sample.forecast)
        }
        try await serving(answer) { stage in
            _ = try await stage.client.create(Sample.update(), by: "test")
            await stage.rehearser.open()
            let update = try await stage.update { $0.forecast != nil }
            #expect(
                update.forecast == [
                    "toRevision": .string(update.toRevision), "refused": ["reason": "DoesNotComeUp", "message": "no"],
                ])
            _ = try await stage.client.create(Sample.update("other"), by: "test")
            await stage.rehearser.open()
            try await stage.update("other") { $0.forecast == Sample.forecast }
            #expect(await stage.rehearser.begun.count == 2)
            try await stage.patch(["spec": ["forecast": .null]])
            await stage.rehearser.open()
            try await stage.update { $0.forecast == Sample.forecast }
        }
    }

    @Test("a rehearsal that nobody has any use for ends, and the next begins")
    func superseded() async throws {
        try await serving { stage in
            _ = try await stage.client.create(Sample.update("first"), by: "test")
            try await stage.begun(1)
            _ = try await stage.client.create(Sample.update("second"), by: "test")
            try await stage.patch(["status": ["phase": "Superseded"]], of: "first", status: true)
            try await stage.begun(2)
            #expect(await stage.rehearser.cancelled == 1)
            #expect(try await stage.update("first") { _ in true }.forecast == nil)
        }
    }

    @Test("a forecast that the server does not take holds up no other")
    func unwritable() async throws {
        let answer: @Sendable (Int) -> RehearsalOutcome = { number in
            .forecast(number == 1 ? ["toRevision": 7] : Sample.forecast)
        }
        try await serving(answer) { stage in
            _ = try await stage.client.create(Sample.update("first"), by: "test")
            await stage.rehearser.open()
            try await stage.begun(1)
            _ = try await stage.client.create(Sample.update("second"), by: "test")
            await stage.rehearser.open()
            try await stage.update("second") { $0.forecast == Sample.forecast }
            #expect(await stage.rehearser.begun.count == 2)
            #expect(try await stage.update("first") { _ in true }.forecast == nil)
        }
    }
}
