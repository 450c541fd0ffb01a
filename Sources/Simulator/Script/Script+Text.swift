extension Script {
    /// The script as people read and write it.
    public var text: String {
        var lines = ["seed \(seed)", "begin \(beginsBare ? "bare" : "running")"]
        lines += images.map { image in
            "image \(image.version) \(image.behaviour.rawValue)" + (image.host.map { " on \($0)" } ?? "")
        }
        lines += entries.sorted { $0.at < $1.at }.map { "at \(Self.text(of: $0.at)) \(Self.text(of: $0.event))" }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func text(of event: Event) -> String {
        switch event {
        case .act(let act, let cluster): text(of: act) + (cluster.map { " in \($0)" } ?? "")
        case .fault(let fault): text(of: fault)
        }
    }

    private static func text(of act: Act) -> String {
        switch act {
        case .setVariable(let name, let value): "set \(name) \(value)"
        case .approve(let downtime): downtime ? "approve downtime" : "approve"
        case .pause: "pause"
        case .resume: "resume"
        case .abort: "abort"
        case .retry: "retry"
        case .add(let hosts, let pool): "add \(hosts.joined(separator: " ")) to \(pool)"
        case .remove(let hosts): "remove \(hosts.joined(separator: " "))"
        case .replace(let old, let new): "replace \(old) by \(new)"
        case .scale(let pool, let count): "scale \(pool) to \(count)"
        case .delete: "delete"
        case .make: "make"
        case .run(let name, let pods): "run \(name) by \(pods)"
        case .spare(let name, let pods): "spare \(name) by \(pods)"
        case .meddle(let name, let pods): "meddle \(name) by \(pods)"
        case .cordon(let host): "cordon \(host)"
        case .uncordon(let host): "uncordon \(host)"
        }
    }

    private static func text(of fault: Fault) -> String {
        switch fault {
        case .powerCut(let host, let off): "power-cut \(host) for \(text(of: off))"
        case .centreKilled(let off): "centre-killed for \(text(of: off))"
        case .linkCut(let duration, let cluster):
            "link-cut\(cluster.map { " \($0)" } ?? "") for \(text(of: duration))"
        case .rareLinks(let period, let duration): "rare-links by \(text(of: period)) for \(text(of: duration))"
        case .compaction: "compaction"
        case .slowWatches(let delay, let duration): "slow-watches by \(text(of: delay)) for \(text(of: duration))"
        case .lossyNetwork(let percent, let duration): "lossy-network by \(percent)% for \(text(of: duration))"
        case .registryDown(let duration): "registry-down for \(text(of: duration))"
        case .isolation(let host, let neighbour, let duration):
            "isolation \(host)\(neighbour.map { " from \($0.rawValue)" } ?? "") for \(text(of: duration))"
        case .slowDisk(let host, let factor, let duration): "slow-disk \(host) by \(factor) for \(text(of: duration))"
        case .bitRot(let host, let part): "bit-rot \(host) in \(part.rawValue)"
        case .fullDisk(let host, let duration): "full-disk \(host) for \(text(of: duration))"
        case .clockStep(let host, let step): "clock-step \(host ?? "centre") by \(text(of: step))"
        case .doubledWatches(let duration): "doubled-watches for \(text(of: duration))"
        case .missingImage(let image, let duration): "missing-image \(image) for \(text(of: duration))"
        case .shortCertificates(let host, let duration): "short-certificates \(host) for \(text(of: duration))"
        case .failingStep(let step, let host, .times(let times)): "failing \(step.rawValue) on \(host) by \(times)"
        case .failingStep(let step, let host, .lasting(let duration)):
            "failing \(step.rawValue) on \(host) for \(text(of: duration))"
        }
    }

    /// Seconds, to the millisecond.
    private static func text(of duration: Duration) -> String {
        let total = abs(duration.milliseconds)
        let sign = duration < .zero ? "-" : ""
        let rest = total % 1000
        if rest == 0 { return "\(sign)\(total / 1000)s" }
        return "\(sign)\(total / 1000).\(String(1000 + rest).dropFirst())s"
    }

    /// Reads a script up to its end or a line `---`; empty lines, and what follows a `#`, are left out.
    public init(parsing text: String) throws(ScriptError) {
        self.init(seed: 0)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
            if words == ["---"] { return }
            guard !words.isEmpty else { continue }
            guard take(words) else { throw ScriptError(line: index + 1, text: String(line)) }
        }
    }

    private mutating func take(_ words: [String]) -> Bool {
        switch (words[0], words.count) {
        case ("seed", 2): return take(seed: words[1])
        case ("begin", 2):
            beginsBare = words[1] == "bare"
            return beginsBare || words[1] == "running"
        case ("image", 3), ("image", 5):
            guard let behaviour = ImageBehaviour(rawValue: words[2]), words.count == 3 || words[3] == "on" else {
                return false
            }
            images.append(Image(version: words[1], behaviour: behaviour, host: words.count == 5 ? words[4] : nil))
            return true
        case ("at", 3...):
            guard let at = Self.duration(words[1]), let event = Self.event(Array(words.dropFirst(2))) else {
                return false
            }
            entries.append(Entry(at: at, event: event))
            return true
        default: return false
        }
    }

    private mutating func take(seed text: String) -> Bool {
        guard let number = UInt64(text) else { return false }
        seed = number
        return true
    }

    private static func event(_ words: [String]) -> Event? {
        if let fault = fault(words) { return .fault(fault) }
        if words.count > 2, words[words.count - 2] == "in" {
            return act(Array(words.dropLast(2))).map { .act($0, cluster: words.last) }
        }
        return act(words).map { .act($0, cluster: nil) }
    }

    private static func act(_ words: [String]) -> Act? {
        switch words {
        case ["approve"]: .approve(downtime: false)
        case ["approve", "downtime"]: .approve(downtime: true)
        case ["pause"]: .pause
        case ["resume"]: .resume
        case ["abort"]: .abort
        case ["retry"]: .retry
        case ["delete"]: .delete
        case ["make"]: .make
        default:
            words.count == 3 && words[0] == "set"
                ? .setVariable(words[1], words[2]) : actOnPools(words) ?? actAtSite(words)
        }
    }

    private static func actOnPools(_ words: [String]) -> Act? {
        let target = value(after: "to", in: words)
        switch (words[0], words.count) {
        case ("add", 4...):
            guard words[words.count - 2] == "to", let target else { return nil }
            return .add(Array(words[1..<(words.count - 2)]), pool: target)
        case ("remove", 2...): return .remove(Array(words.dropFirst()))
        case ("replace", 4): return value(after: "by", in: words).map { .replace(words[1], by: $0) }
        case ("scale", 4):
            return target.flatMap { Int($0) }.flatMap {
                (0...1000).contains($0) ? .scale(pool: words[1], to: $0) : nil
            }
        default: return nil
        }
    }

    private static func actAtSite(_ words: [String]) -> Act? {
        let pods = value(after: "by", in: words).flatMap { Int($0) }.flatMap { (0...100).contains($0) ? $0 : nil }
        switch (words[0], words.count, pods) {
        case ("run", 4, let pods?): return .run(words[1], pods: pods)
        case ("spare", 4, let pods?): return .spare(words[1], pods: pods)
        case ("meddle", 4, let pods?): return .meddle(words[1], pods: pods)
        case ("cordon", 2, nil): return .cordon(host: words[1])
        case ("uncordon", 2, nil): return .uncordon(host: words[1])
        default: return nil
        }
    }

    private static func fault(_ words: [String]) -> Fault? {
        if words[0] == "failing" { return failingStep(words) }
        let subject = words.count > 1 && words[1] != "for" && words[1] != "by" ? words[1] : nil
        let length = value(after: "for", in: words).flatMap(duration)
        let amount = value(after: "by", in: words)
        switch (words[0], subject, length) {
        case ("power-cut", let host?, let off?): return .powerCut(host: host, off: off)
        case ("isolation", let host?, let length?):
            let name = value(after: "from", in: words)
            let neighbour = name.flatMap(Neighbour.init)
            return name != nil && neighbour == nil ? nil : .isolation(host: host, from: neighbour, length)
        case ("slow-disk", let host?, let length?):
            return amount.flatMap { Int($0) }.flatMap {
                (1...1000).contains($0) ? .slowDisk(host: host, factor: $0, length) : nil
            }
        case ("bit-rot", let host?, nil):
            return value(after: "in", in: words).flatMap(StoredPart.init).map { .bitRot(host: host, $0) }
        case ("full-disk", let host?, let length?): return .fullDisk(host: host, length)
        case ("clock-step", let whose?, nil):
            return amount.flatMap(duration).map { .clockStep(host: whose == "centre" ? nil : whose, $0) }
        case ("centre-killed", nil, let off?): return .centreKilled(off: off)
        case ("link-cut", let cluster, let length?): return .linkCut(length, cluster: cluster)
        case ("rare-links", nil, let length?):
            return amount.flatMap(duration).map { .rareLinks(every: $0, for: length) }
        case ("registry-down", nil, let length?): return .registryDown(length)
        case ("doubled-watches", nil, let length?): return .doubledWatches(for: length)
        case ("slow-watches", nil, let length?):
            return amount.flatMap(duration).map { .slowWatches($0, for: length) }
        case ("lossy-network", nil, let length?):
            guard let amount, amount.hasSuffix("%"), let percent = Int(amount.dropLast()), (0...100).contains(percent)
            else { return nil }
            return .lossyNetwork(percent: percent, for: length)
        case ("missing-image", let image?, let length?): return .missingImage(image, for: length)
        case ("short-certificates", let host?, let length?): return .shortCertificates(host: host, for: length)
        case ("compaction", nil, nil): return .compaction
        default: return nil
        }
    }

    /// `failing upgrade on b by 2`, or `for 300s`.
    private static func failingStep(_ words: [String]) -> Fault? {
        guard words.count == 6, words[2] == "on", let step = FallibleStep(rawValue: words[1]) else { return nil }
        if words[4] == "for" { return duration(words[5]).map { .failingStep(step, host: words[3], .lasting($0)) } }
        guard words[4] == "by", let times = Int(words[5]), (1...100).contains(times) else { return nil }
        return .failingStep(step, host: words[3], .times(times))
    }

    private static func value(after word: String, in words: [String]) -> String? {
        words.firstIndex(of: word).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }

    private static func duration(_ text: String) -> Duration? {
        guard text.hasSuffix("s"), let seconds = Double(text.dropLast()), seconds.magnitude < 1e9 else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }
}

/// A line of a script that says nothing known.
public struct ScriptError: Error, Sendable, Hashable, CustomStringConvertible {
    public var line: Int
    public var text: String

    public var description: String {
        """
        line \(line): "\(text)" is no line of a script. A line is `seed N`, `begin bare|running`, \
        `image VERSION BEHAVIOUR [on HOST]`, or `at SECONDSs` and one of these: \(Self.events.joined(separator: ", "))
        """
    }

    /// What may stand behind a time.
    private static let events = [
        "set VARIABLE VALUE", "approve [downtime]", "pause", "resume", "abort", "retry", "add HOST… to POOL",
        "remove HOST…", "replace HOST by HOST", "scale POOL to N", "delete", "make", "run NAME by PODS",
        "spare NAME by PODS", "meddle NAME by PODS", "cordon HOST", "uncordon HOST", "power-cut HOST for TIME",
        "isolation HOST [from centre|site] for TIME", "full-disk HOST for TIME", "slow-disk HOST by FACTOR for TIME",
        "bit-rot HOST in variables|journal|slot", "clock-step HOST|centre by TIME", "centre-killed for TIME",
        "link-cut [CLUSTER] for TIME", "rare-links by TIME for TIME", "registry-down for TIME", "compaction",
        "slow-watches by TIME for TIME", "doubled-watches for TIME", "lossy-network by N% for TIME",
        "missing-image NAME for TIME", "failing STEP on HOST by N|for TIME", "short-certificates HOST for TIME",
    ]
}
