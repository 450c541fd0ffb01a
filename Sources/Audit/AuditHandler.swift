public import APIServer
public import CorbelAPI
public import Effects
import Synchronization

/// Has every request written down that changes something or is refused: before its answer goes out.
///
/// It stands before everything else, so that it sees who the sender is and whom they ask to be taken for.
public struct AuditHandler: RequestHandler {
    private let next: any RequestHandler
    private let log: AuditLog
    private let time: any TimeSource
    private let unwatchedPaths: Set<String>
    private let limit: LineLimit

    /// - Parameter unwatchedPaths: paths whose requests change nothing that is kept, whatever their method is.
    public init(
        _ next: any RequestHandler, log: AuditLog, time: any TimeSource, unwatchedPaths: Set<String> = []
    ) {
        self.next = next
        self.log = log
        self.time = time
        self.unwatchedPaths = unwatchedPaths
        limit = LineLimit(time: time)
    }

    public func handle(_ request: APIRequest) async -> APIResponse {
        let changes = RequestInfo(request).changes && !unwatchedPaths.contains(request.path)
        if changes {
            do {
                try await log.requireWorking()
            } catch let error as StatusError {
                return .failure(error)
            } catch {
                return .failure(StatusError(.internalError, "unexpected error: \(error)"))
            }
        }
        let response = await next.handle(request)
        await record(request, response, changes: changes)
        return response
    }

    public func refuse(_ request: APIRequest, because error: StatusError) async -> APIResponse {
        let response = await next.refuse(request, because: error)
        await record(request, response, changes: false)
        return response
    }

    private func record(_ request: APIRequest, _ response: APIResponse, changes: Bool) async {
        var (code, reason, name) = (200, "", "")
        if case .document(let document) = response {
            (code, reason, name) = (document.status, document.reason, document.objectName)
        }
        let isRefused = code == 401 || code == 403
        guard changes || isRefused else { return }
        if request.user.isAnonymous {
            guard limit.allowsStranger() else { return await log.omit() }
        } else if isRefused {
            guard limit.allowsRefusal(of: request.user.name) else { return await log.omit() }
        }
        await log.record(AuditRecord(request, code: code, reason: reason, name: name, at: time.now))
    }
}

/// How many lines strangers have all together, whatever came of their requests, and how many refusals each known user:
/// a flood of them is counted, and pushes nothing out.
private final class LineLimit: Sendable {
    private struct Bucket {
        private static let burst = 200.0
        private static let perSecond = 20.0

        private var tokens = Bucket.burst
        private var time: Duration

        init(at time: Duration) { self.time = time }

        mutating func refill(at now: Duration) {
            let elapsed = (now - time) / .seconds(1)
            tokens = min(Self.burst, tokens + elapsed * Self.perSecond)
            time = now
        }

        var isFull: Bool { tokens >= Self.burst }

        mutating func take(at now: Duration) -> Bool {
            refill(at: now)
            guard tokens >= 1 else { return false }
            tokens -= 1
            return true
        }
    }

    private struct Buckets {
        var strangers: Bucket
        /// For users beyond those who have one of their own.
        var others: Bucket
        var users: [String: Bucket] = [:]
    }

    /// So many users at most have a limit of their own at the same time.
    private static let userLimit = 1000

    private let time: any TimeSource
    private let state: Mutex<Buckets>

    init(time: any TimeSource) {
        self.time = time
        let full = Bucket(at: time.uptime)
        state = Mutex(Buckets(strangers: full, others: full))
    }

    func allowsStranger() -> Bool {
        let now = time.uptime
        return state.withLock { $0.strangers.take(at: now) }
    }

    func allowsRefusal(of user: String) -> Bool {
        let now = time.uptime
        return state.withLock { state in
            if state.users[user] == nil, state.users.count >= Self.userLimit { Self.forget(&state.users, at: now) }
            guard state.users[user] != nil || state.users.count < Self.userLimit else {
                return state.others.take(at: now)
            }
            return state.users[user, default: Bucket(at: now)].take(at: now)
        }
    }

    /// Forgets the users who would begin anew as they are.
    private static func forget(_ users: inout [String: Bucket], at now: Duration) {
        for name in Array(users.keys) {
            users[name]?.refill(at: now)
            if users[name]?.isFull ?? false { users[name] = nil }
        }
    }
}
