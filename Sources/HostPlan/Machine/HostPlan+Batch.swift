import CorbelAPI

extension HostPlan {
    /// What a batch is for, and so what its outcome means.
    enum Purpose: Sendable, Hashable {
        /// Only the journal.
        case record
        /// The effect of the present step.
        case step
        case commit
        /// Boot variables that need no step: a damaged copy, a slot that needs its tries back.
        case bootVariables
        /// Rendering at the agent's start.
        case configuration
        /// A renewal of certificates that nobody has asked for.
        case certificates
    }

    /// The effects that were decided on together.
    struct Effects: Sendable {
        var purpose: Purpose
        var operations: [HostAction.Operation]
    }

    /// The actions that are under way.
    struct Batch: Sendable {
        var purpose: Purpose
        var actions: [HostAction]
        /// How many entries of the outbox a rewritten journal holds.
        var covered: Int
        /// What was reported before: the truth again, should the batch's journal fail.
        var reportBefore: HostReport?

        var lastID: HostAction.ID? { actions.last?.id }
    }

    /// Journal entries that are not known to be durable.
    struct JournalWriter: Sendable {
        var outbox: [JournalEntry] = []
        /// Whether the file has to be written anew: it is damaged, too long, or an append has failed halfway.
        var mustRewrite = false
        /// How many writes have failed in a row.
        var failures = 0

        var isDurable: Bool { outbox.isEmpty && !mustRewrite }
    }

    /// Waiting between attempts.
    struct Retry: Sendable {
        var attempts = 0
        var until: Duration?
        /// Why the last attempt failed.
        var message = ""

        func isWaiting(at uptime: Duration) -> Bool { until.map { uptime < $0 } ?? false }
    }

    mutating func note(_ entry: JournalEntry) {
        record.apply(entry)
        // A journal that is to be written anew is written from the record, which holds the entry.
        if !journal.mustRewrite || batch != nil { journal.outbox.append(entry) }
    }

    /// Turns effects into actions: the journal first, so that what it says is durable before what it describes begins.
    mutating func emit(_ effects: Effects?, _ cancellations: [HostAction.Operation]) -> [HostAction] {
        var actions = cancellations.map { number($0) }
        if batch == nil, !retry.isWaiting(at: moment.uptime) {
            actions += begin(effects)
        }
        if batch == nil, let report = changedReport() {
            lastReport = report
            actions.append(number(.report(report)))
        }
        if batch != nil, let report = progressReport() { actions.append(number(.report(report))) }
        if let wake = nextWake(), wake != scheduled {
            scheduled = wake
            actions.append(number(.scheduleTick(at: wake)))
        }
        return actions
    }

    private mutating func begin(_ effects: Effects?) -> [HostAction] {
        let operations = journalOperations(before: effects) + (effects?.operations ?? [])
        guard !operations.isEmpty else { return [] }
        let numbered = operations.map { number($0) }
        batch = Batch(
            purpose: effects?.purpose ?? .record, actions: numbered, covered: journal.outbox.count,
            reportBefore: lastReport)
        return withReport(numbered)
    }

    private func journalOperations(before effects: Effects?) -> [HostAction.Operation] {
        // A host on its way back to the good slot does not wait for a journal that cannot be written: the boot
        // variables remember the failure as well.
        let isDispensable = journal.failures > 0 && record.current?.step == .returning && effects != nil
        if isDispensable { return [] }
        if journal.mustRewrite { return [.rewriteJournal(record.entries)] }
        return journal.outbox.map(HostAction.Operation.writeJournal)
    }

    /// Puts the report after the journal and before the effect: what is reported is durable, and said before a reboot.
    private mutating func withReport(_ numbered: [HostAction]) -> [HostAction] {
        guard let report = changedReport() else { return numbered }
        lastReport = report
        let index = numbered.firstIndex { !$0.isJournal } ?? numbered.count
        return numbered[..<index] + [number(.report(report))] + numbered[index...]
    }

    private mutating func number(_ operation: HostAction.Operation) -> HostAction {
        defer { nextID += 1 }
        return HostAction(id: nextID, operation: operation)
    }

    mutating func backOff(attempt: Int) {
        let doublings = min(max(attempt - 1, 0), 20)
        let pause = min(configuration.firstBackoff * (1 << doublings), configuration.longestBackoff)
        retry.until = moment.uptime + pause
    }
}

extension HostAction {
    var isJournal: Bool {
        switch operation {
        case .writeJournal, .rewriteJournal: true
        default: false
        }
    }
}
