import CorbelAPI
import Testing

@testable import Revisions

@Suite("A forecast beside what happened")
struct ForecastCalibrationTests {
    private func update(total: Int = 120, began: Int? = 10, ended: Int? = 60) -> ClusterUpdate {
        func moment(_ seconds: Int) -> JSONValue {
            .string((Timestamp(seconds: 1_767_225_600) + .seconds(seconds)).rfc3339)
        }
        func span(_ typical: Int) -> JSONValue {
            ["typical": JSONValue(typical), "atLeast": JSONValue(typical - 5), "atMost": JSONValue(typical + 5)]
        }
        var update = ClusterUpdate(namespace: "default", name: "u")
        update.toRevision = "to"
        update.forecast = [
            "toRevision": "to", "safe": true, "ending": "Completes", "totalSeconds": span(120),
            "hosts": [["name": "b", "beginsSeconds": span(10), "endsSeconds": span(60)], ["name": "gone"]],
        ]
        var host: JSONValue = ["name": "b", "phase": "Done"]
        host["beganAt"] = began.map(moment)
        host["endedAt"] = ended.map(moment)
        update.json["status"] = [
            "phase": "Completed", "startedAt": moment(0), "completedAt": moment(total),
            "hosts": [["name": "a"], host],
        ]
        return update
    }

    @Test(
        "is within where it happened as it was expected, to the second",
        arguments: [
            (120, true), (126, true), (114, true), (127, false), (113, false),
        ])
    func total(seconds: Int, isWithin: Bool) throws {
        let calibration = try #require(ForecastCalibration(of: update(total: seconds)))
        #expect(calibration.total.isWithin == isWithin && calibration.isWithin == isWithin)
        #expect(calibration.json["total", "actualSeconds"] == JSONValue(seconds))
        #expect(calibration.json["total", "expectedSeconds", "atMost"] == 125)
    }

    @Test("tells host by host")
    func hosts() throws {
        let late = try #require(ForecastCalibration(of: update(ended: 90)))
        #expect(late.hosts.map(\.name) == ["b"])
        #expect(late.hosts.first?.begins?.isWithin == true && late.hosts.first?.ends?.isWithin == false)
        #expect(!late.isWithin)
        let unknown = try #require(ForecastCalibration(of: update(began: nil)))
        #expect(unknown.hosts.first?.begins == nil && unknown.isWithin)
    }

    @Test("is nothing before the end, and nothing without a forecast of this revision")
    func absent() {
        var open = update()
        open.phase = .progressing
        #expect(ForecastCalibration(of: open) == nil)
        var other = update()
        other.forecast?["toRevision"] = "another"
        #expect(ForecastCalibration(of: other) == nil)
        var refused = update()
        refused.forecast = ["toRevision": "to", "refused": ["reason": "Failed", "message": "so"]]
        #expect(ForecastCalibration(of: refused) == nil)
    }

    @Test("mishaps that take the cluster's API away are dangers")
    func dangers() {
        var update = update()
        update.forecast?["mishaps"] = [
            ["text": "well", "ending": "Completes", "clusterAnswers": false],
            ["text": "halt", "ending": "HaltsSafely", "clusterAnswers": true],
            ["text": "gone", "ending": "Waits", "clusterAnswers": false],
            ["text": "law", "ending": "BreaksALaw", "clusterAnswers": true],
        ]
        #expect(UpdateForecast(of: update)?.dangers == ["gone", "law"])
    }
}
