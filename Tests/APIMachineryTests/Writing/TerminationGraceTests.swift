import APIMachinery
import CorbelAPI
import Testing

@Suite("The grace period of pods")
struct TerminationGraceTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private func pod(on node: String? = "n1", phase: String = "Running", grace: Int? = nil) -> Unstructured {
        var pod = Pod(namespace: "default", name: "a")
        pod.nodeName = node
        pod.json["status", "phase"] = .string(phase)
        pod.json["spec", "terminationGracePeriodSeconds"] = grace.map { JSONValue($0) }
        return Unstructured(pod)
    }

    private func delete(_ pod: Unstructured, _ grace: Int? = nil) throws -> WriteOutcome {
        var options = DeleteOptions()
        options.gracePeriodSeconds = grace
        return try ObjectWriting.prepareDelete(pod, options: options, now: Self.now, definition: Pod.definition)
    }

    @Test(
        "A pod that a node runs is given what it asks for, or what the request grants",
        arguments: [(nil, nil, 30), (5, nil, 5), (5, 9, 9)])
    func granted(own: Int?, asked: Int?, seconds: Int) throws {
        guard case .store(let marked) = try delete(pod(grace: own), asked) else {
            Issue.record("the pod is gone")
            return
        }
        #expect(marked.deletionTimestamp == Self.now + .seconds(seconds))
        #expect(marked.json["metadata", "deletionGracePeriodSeconds"] == JSONValue(seconds))
        #expect(ObjectWriting.outcome(of: marked) == .store(marked))
    }

    @Test("A pod that no node runs, that has ended, or that is deleted by force, is gone at once")
    func ungranted() throws {
        for (pod, grace) in [(pod(on: nil), nil), (pod(phase: "Succeeded"), nil), (pod(), 0)] as [(Unstructured, Int?)]
        {
            guard case .remove = try delete(pod, grace) else {
                Issue.record("\(pod.json.encodedText) is still there")
                continue
            }
        }
    }

    @Test("A further request brings the end nearer, never farther")
    func hastened() throws {
        guard case .store(let marked) = try delete(pod()) else {
            Issue.record("the pod is gone")
            return
        }
        guard case .store(let sooner) = try delete(marked, 5) else {
            Issue.record("the pod is gone")
            return
        }
        #expect(sooner.deletionTimestamp == Self.now + .seconds(5))
        #expect(try delete(sooner, 60) == .store(sooner))
        guard case .remove = try delete(sooner, 0) else {
            Issue.record("the pod is still there")
            return
        }
    }
}
