extension Script {
    /// Draws what goes wrong and what people do from a seed.
    public init(drawnFrom seed: UInt64, for configuration: SimulationConfiguration) {
        self.init(seed: seed)
        var chance = SeededGenerator(seed: seed ^ 0x5709_1E5E_ED00_0001)
        let clusters = configuration.clusters
        let hosts = clusters.flatMap(\.machines)
        beginsBare = !configuration.isShipped || chance.chance(0.2)
        drawImages(&chance, hosts)
        for cluster in clusters {
            let name = clusters.count > 1 ? cluster.name : nil
            drawPeople(&chance, name)
            drawScaling(&chance, name, cluster)
            drawPeopleAtSite(&chance, name, cluster.hosts)
            drawCertificates(&chance, cluster)
        }
        for _ in 0..<Int(chance.next() % UInt64(5 + 2 * clusters.count)) {
            let fault = Self.fault(&chance, hosts, clusters.map(\.name))
            // A cluster comes up within minutes: where that is what is looked at, so are most of the faults.
            let latest = beginsBare && chance.chance(0.7) ? Duration.seconds(500) : .seconds(2200)
            plan(.fault(fault), in: chance.duration(.zero...latest))
        }
        entries.sort { $0.at < $1.at }
    }

    mutating func plan(_ event: Event, in delay: Duration) { entries.append(Entry(at: delay, event: event)) }

    private mutating func drawImages(_ chance: inout SeededGenerator, _ hosts: [String]) {
        let bad: [ImageBehaviour] = [.panics, .hangs, .dropsDead, .sick]
        guard chance.chance(0.35), let behaviour = chance.pick(bad) else { return }
        images = [Image(version: "2.0.0", behaviour: behaviour, host: chance.chance(0.5) ? nil : chance.pick(hosts))]
    }

    private mutating func drawPeople(_ chance: inout SeededGenerator, _ cluster: String?) {
        func plan(_ act: Act, in delay: Duration) { self.plan(.act(act, cluster: cluster), in: delay) }
        let change = chance.duration(.seconds(60)...(.seconds(900)))
        let (variable, value) = chance.chance(0.75) ? ("os", "2.0.0") : ("kubernetes", "1.34.1")
        plan(.setVariable(variable, value), in: change)
        plan(.approve(downtime: chance.chance(0.3)), in: change + chance.duration(.seconds(10)...(.seconds(300))))
        if chance.chance(0.3) {
            plan(.pause, in: change + chance.duration(.seconds(60)...(.seconds(900))))
            plan(.resume, in: change + chance.duration(.seconds(900)...(.seconds(1200))))
        }
        if chance.chance(0.15) {
            plan(.abort, in: change + chance.duration(.seconds(60)...(.seconds(1200))))
        }
        if chance.chance(0.2) {
            plan(.setVariable("web", "two"), in: change + chance.duration(.seconds(60)...(.seconds(900))))
        }
    }

    /// People who run something of their own at a site, with a budget that may hold up every drain for a while, and who
    /// change what is not theirs to change.
    private mutating func drawPeopleAtSite(_ chance: inout SeededGenerator, _ cluster: String?, _ hosts: [String]) {
        func plan(_ act: Act, in delay: Duration) { self.plan(.act(act, cluster: cluster), in: delay) }
        if chance.chance(0.4) {
            let begin = chance.duration(.seconds(1)...(.seconds(600)))
            let pods = 1 + Int(chance.next() % 3)
            plan(.run("till", pods: pods), in: begin)
            let spared = chance.chance(0.4) ? 0 : 1
            plan(.spare("till", pods: spared), in: begin + chance.duration(.zero...(.seconds(900))))
            if chance.chance(0.5) { plan(.spare("till", pods: 1), in: begin + .seconds(1500)) }
        }
        if chance.chance(0.1) { plan(.meddle("web", pods: 5), in: chance.duration(.seconds(60)...(.seconds(1800)))) }
        if chance.chance(0.15), let host = chance.pick(hosts) {
            let cordon = chance.duration(.seconds(1)...(.seconds(1500)))
            plan(.cordon(host: host), in: cordon)
            if chance.chance(0.6) {
                plan(.uncordon(host: host), in: cordon + chance.duration(.seconds(1)...(.seconds(1200))))
            }
        }
    }

    private static func fault(_ chance: inout SeededGenerator, _ hosts: [String], _ clusters: [String]) -> Fault {
        let host = chance.pick(hosts) ?? ""
        switch chance.next() % 22 {
        case 0...3: return .powerCut(host: host, off: chance.duration(.seconds(5)...(.seconds(600))))
        case 4: return .centreKilled(off: chance.duration(.seconds(1)...(.seconds(300))))
        case 5:
            let cluster = clusters.count > 1 ? chance.pick(clusters) : nil
            return .linkCut(chance.duration(.seconds(10)...(.seconds(1200))), cluster: cluster)
        case 6: return .compaction
        case 7:
            return .slowWatches(
                chance.duration(.seconds(1)...(.seconds(40))), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 8:
            return .lossyNetwork(
                percent: 5 + Int(chance.next() % 40), for: chance.duration(.seconds(60)...(.seconds(600))))
        case 9: return .registryDown(chance.duration(.seconds(10)...(.seconds(900))))
        case 10, 16:
            let neighbour: Neighbour? = chance.pick([nil, .centre, .site]) ?? nil
            return .isolation(host: host, from: neighbour, chance.duration(.seconds(5)...(.seconds(600))))
        case 11: return .fullDisk(host: host, chance.duration(.seconds(10)...(.seconds(900))))
        case 12:
            let step = chance.duration(.seconds(1)...(.seconds(7200)))
            return .clockStep(host: chance.chance(0.3) ? nil : host, chance.chance(0.5) ? step : .zero - step)
        case 13:
            return .slowDisk(
                host: host, factor: 2 + Int(chance.next() % 20), chance.duration(.seconds(60)...(.seconds(900))))
        case 14: return .bitRot(host: host, chance.pick(StoredPart.allCases) ?? .slot)
        case 15:
            return .rareLinks(
                every: chance.duration(.seconds(300)...(.seconds(1200))),
                for: chance.duration(.seconds(600)...(.seconds(2400))))
        case 17:
            let image = chance.pick(["one", "two", "till"]) ?? "two"
            return .missingImage(image, for: chance.duration(.seconds(60)...(.seconds(1200))))
        case 18, 19:
            let step = chance.pick(FallibleStep.allCases) ?? .upgrade
            let times = 1 + Int(chance.next() % 8)
            let length = chance.duration(.seconds(30)...(.seconds(900)))
            return .failingStep(step, host: host, chance.chance(0.5) ? .times(times) : .lasting(length))
        case 20: return .shortCertificates(host: host, for: chance.duration(.seconds(60)...(.seconds(4000))))
        default: return .doubledWatches(for: chance.duration(.seconds(60)...(.seconds(900))))
        }
    }
}
