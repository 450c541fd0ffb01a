import Demo
import Testing

@Suite("The judgement of a machine's load")
struct LoadJudgementTests {
    private func judgement(speed: Int = 10, _ samples: [Duration]) -> LoadJudgement {
        var judgement = LoadJudgement(speed: speed)
        for sample in samples { judgement.add(sample) }
        return judgement
    }

    private func samples(late: Int, of count: Int) -> [Duration] {
        (0..<count).map { $0 < late ? .seconds(5) : .milliseconds(1) }
    }

    @Test(
        "A machine is too slow when more than every tenth answer of a while is late",
        arguments: [(0, false), (3, false), (4, true), (40, true)])
    func share(late: Int, isOverloaded: Bool) {
        #expect(judgement(samples(late: late, of: 40)).isOverloaded == isOverloaded)
    }

    @Test("What happens before there is enough to judge by means nothing")
    func beginning() { #expect(!judgement(samples(late: 39, of: 39)).isOverloaded) }

    @Test("A slow while is remembered")
    func memory() {
        let samples = samples(late: 20, of: 40) + samples(late: 0, of: 200)
        #expect(judgement(samples).isOverloaded)
        #expect(judgement(samples).worst == .seconds(5))
    }

    @Test(
        "The faster the cluster's time runs, the less is allowed",
        arguments: [(1, Duration.seconds(2)), (10, .milliseconds(200)), (30, .seconds(2) / 30)])
    func limit(speed: Int, limit: Duration) {
        #expect(LoadJudgement(speed: speed).limit == limit)
        #expect(!judgement(speed: speed, Array(repeating: limit, count: 40)).isOverloaded)
        #expect(judgement(speed: speed, Array(repeating: limit * 2, count: 40)).isOverloaded)
    }
}
