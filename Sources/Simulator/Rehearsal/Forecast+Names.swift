public import Revisions

extension Forecast {
    /// A forecast of a shape, for the cluster that it was rehearsed for.
    public func resolving(_ names: StandIns) -> Forecast {
        var resolved = self
        resolved.cluster = names.resolving(cluster)
        resolved.fromRevision = names.resolving(fromRevision)
        resolved.toRevision = names.resolving(toRevision)
        resolved.ending = ending.resolving(names)
        for index in hosts.indices { resolved.hosts[index].name = names.resolving(hosts[index].name) }
        for index in trials.indices {
            resolved.trials[index].mishap = trials[index].mishap.resolving(names)
            resolved.trials[index].run = trials[index].run.resolving(names)
        }
        return resolved
    }
}

extension Mishap {
    fileprivate func resolving(_ names: StandIns) -> Mishap {
        switch self {
        case .staysAway(let host): .staysAway(names.resolving(host))
        case .doesNotStart(let host): .doesNotStart(names.resolving(host))
        case .isSick(let host): .isSick(names.resolving(host))
        case .isLost(let host, let other): .isLost(names.resolving(host), during: names.resolving(other))
        case .podsStayAway, .slowRegistry, .noLink: self
        }
    }
}

extension RehearsedRun {
    fileprivate func resolving(_ names: StandIns) -> RehearsedRun {
        var resolved = self
        resolved.ending = ending.resolving(names)
        for index in hosts.indices { resolved.hosts[index].name = names.resolving(hosts[index].name) }
        return resolved
    }
}

extension RehearsedRun.Ending {
    fileprivate func resolving(_ names: StandIns) -> RehearsedRun.Ending { mapText { names.resolving($0) } }

    /// The same ending in other words.
    func mapText(_ change: (String) -> String) -> RehearsedRun.Ending {
        switch self {
        case .completes: .completes
        case .halts(let why, let goesOn): .halts(why: change(why), goesOn: change(goesOn))
        case .waits(let why, let goesOn): .waits(why: change(why), goesOn: change(goesOn))
        case .breaksALaw(let text): .breaksALaw(change(text))
        }
    }
}
