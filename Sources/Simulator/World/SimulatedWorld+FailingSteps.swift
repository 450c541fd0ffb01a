import ControlLoop
import CorbelAPI
import HostPlan

/// Steps that fail.
extension SimulatedWorld {
    /// Whether the kubelet of a host runs as it should, as far as that is its own affair.
    func kubeletIsWell(_ host: Int) -> Bool {
        behaviour(on: host) != .sick && !machines[host].disk.isHalfChanged
    }

    /// Why an action fails that could be done. Half of those that fail have done their work before, or a part of it.
    mutating func failure(of operation: HostAction.Operation, on host: Int) -> HostFailure? {
        if machines[host].failing.isEmpty { return nil }
        guard let step = FallibleStep(operation), fails(step, on: host) else { return nil }
        tell("\(machines[host].name)'s \(step.rawValue) fails")
        if chance.chance(0.5), isRepeatable(operation, on: host) {
            takeEffect(of: operation, on: host, isTorn: false)
        } else {
            leaveHalfDone(operation, on: host)
        }
        observe(.failed(host: host, step))
        return step.failure
    }

    private mutating func fails(_ step: FallibleStep, on host: Int) -> Bool {
        if machines[host].failing[step]?.fails(at: now) == true { return true }
        machines[host].failing[step] = nil
        return false
    }

    /// A cluster that has begun cannot begin again in the place of one that was taken for failed.
    private func isRepeatable(_ operation: HostAction.Operation, on host: Int) -> Bool {
        switch operation {
        case .reboot: false
        case .runSteps(.bootstrap): siteAnswers(host)
        default: true
        }
    }

    private mutating func leaveHalfDone(_ operation: HostAction.Operation, on host: Int) {
        switch operation {
        case .writeSlot, .setBootVariables, .commit: takeEffect(of: operation, on: host, isTorn: true)
        case .runSteps(.upgradeKubernetes), .runSteps(.undoUpgrade):
            machines[host].disk.isHalfChanged = true
            restForAChange(of: host)
        default: break
        }
    }

    /// What a webhook that does not answer makes of an eviction.
    mutating func findDrainFailing(_ pod: ObjectKey, at site: Int) throws(StatusError) {
        guard let node = sites[site].plane.snapshot[pod].flatMap({ Pod($0).nodeName }), let host = index(of: node),
            machines[host].failing[.drain] != nil, fails(.drain, on: host)
        else { return }
        throw StatusError(.internalError, FallibleStep.drain.failure.message)
    }
}
