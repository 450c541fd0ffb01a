extension Script {
    /// A cluster whose certificates end soon, and now and then one that is without power meanwhile.
    mutating func drawCertificates(_ chance: inout SeededGenerator, _ cluster: SimulationConfiguration.Cluster) {
        guard chance.chance(0.1) else { return }
        let begin = chance.duration(.seconds(10)...(.seconds(900)))
        let left = chance.duration(.seconds(300)...(.seconds(3000)))
        if chance.chance(0.4) {
            // All of it goes dark before anybody can renew them, and stays so until the last has ended.
            let off = left + .seconds(150) + chance.duration(.zero...(.seconds(300)))
            for host in cluster.hosts {
                let later = chance.duration(.zero...(.seconds(9)))
                plan(.fault(.powerCut(host: host, off: off)), in: begin - .seconds(10) + later)
            }
        }
        for host in cluster.hosts {
            let more = chance.duration(.zero...(.seconds(120)))
            plan(.fault(.shortCertificates(host: host, for: left + more)), in: begin)
        }
    }
}
