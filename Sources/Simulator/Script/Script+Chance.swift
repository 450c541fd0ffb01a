extension Script {
    /// Draws what goes wrong and what people do from a seed.
    public init(drawnFrom seed: UInt64, for configuration: SimulationConfiguration) {
        self.init(seed: seed)
        var chance = SeededGenerator(seed: seed ^ 0x5709_1E5E_ED00_0001)
        let hosts = configuration.controlPlane + configuration.workers
        beginsBare = !configuration.isShipped || chance.chance(0.2)
        drawImages(&chance, hosts)
        drawPeople(&chance)
        for _ in 0..<Int(chance.next() % 7) {
            let fault = Self.fault(&chance, hosts)
            plan(.fault(fault), in: chance.duration(.zero...(.seconds(2200))))
        }
        entries.sort { $0.at < $1.at }
    }

    private mutating func plan(_ event: Event, in delay: Duration) { entries.append(Entry(at: delay, event: event)) }

    private mutating func drawImages(_ chance: inout SeededGenerator, _ hosts: [String]) {
        let bad: [ImageBehaviour] = [.panics, .hangs, .dropsDead, .sick]
        guard chance.chance(0.35), let behaviour = chance.pick(bad) else { return }
        images = [Image(version: "2.0.0", behaviour: behaviour, host: chance.chance(0.5) ? nil : chance.pick(hosts))]
    }

    private mutating func drawPeople(_ chance: inout SeededGenerator) {
        let change = chance.duration(.seconds(60)...(.seconds(900)))
        let (variable, value) = chance.chance(0.75) ? ("os", "2.0.0") : ("kubernetes", "1.34.1")
        plan(.act(.setVariable(variable, value)), in: change)
        plan(.act(.approve(downtime: false)), in: change + chance.duration(.seconds(10)...(.seconds(300))))
        if chance.chance(0.3) {
            plan(.act(.pause), in: change + chance.duration(.seconds(60)...(.seconds(900))))
            plan(.act(.resume), in: change + chance.duration(.seconds(900)...(.seconds(1200))))
        }
        if chance.chance(0.15) {
            plan(.act(.abort), in: change + chance.duration(.seconds(60)...(.seconds(1200))))
        }
        if chance.chance(0.2) {
            plan(.act(.setVariable("web", "two")), in: change + chance.duration(.seconds(60)...(.seconds(900))))
        }
    }

    private static func fault(_ chance: inout SeededGenerator, _ hosts: [String]) -> Fault {
        let host = chance.pick(hosts) ?? ""
        switch chance.next() % 14 {
        case 0...3: return .powerCut(host: host, off: chance.duration(.seconds(5)...(.seconds(600))))
        case 4: return .centreKilled(off: chance.duration(.seconds(1)...(.seconds(300))))
        case 5: return .linkCut(chance.duration(.seconds(10)...(.seconds(1200))))
        case 6: return .compaction
        case 7:
            return .slowWatches(
                chance.duration(.seconds(1)...(.seconds(40))), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 8:
            return .lossyNetwork(
                percent: 5 + Int(chance.next() % 40), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 9: return .registryDown(chance.duration(.seconds(10)...(.seconds(900))))
        case 10: return .isolation(host: host, chance.duration(.seconds(5)...(.seconds(600))))
        case 11: return .fullDisk(host: host, chance.duration(.seconds(10)...(.seconds(900))))
        case 12:
            let step = chance.duration(.seconds(1)...(.seconds(7200)))
            return .clockStep(host: chance.chance(0.3) ? nil : host, chance.chance(0.5) ? step : .zero - step)
        default: return .doubledWatches(for: chance.duration(.seconds(60)...(.seconds(900))))
        }
    }
}
