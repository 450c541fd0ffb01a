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
    private let strangers: StrangerLimit

    /// - Parameter unwatchedPaths: paths whose requests change nothing that is kept, whatever their method is.
    public init(
        _ next: any RequestHandler, log: AuditLog, time: any TimeSource, unwatchedPaths: Set<String> = []
    ) {
        self.next = next
        self.log = log
        self.time = time
        self.unwatchedPaths = unwatchedPaths
        strangers = StrangerLimit(time: time)
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
        if isRefused, request.user.isAnonymous, !strangers.allows() { return await log.omit() }
        await log.record(AuditRecord(request, code: code, reason: reason, name: name, at: time.now))
    }
}

/// How many refusals of people whom nobody knows are written down: a flood of them is counted, and pushes nothing out.
private final class StrangerLimit: Sendable {
    private static let burst = 200.0
    private static let perSecond = 20.0

    private let time: any TimeSource
    private let state: Mutex<(tokens: Double, at: Duration)>

    init(time: any TimeSource) {
        self.time = time
        state = Mutex((Self.burst, time.uptime))
    }

    func allows() -> Bool {
        let now = time.uptime
        return state.withLock { state in
            let elapsed = (now - state.at) / .seconds(1)
            state = (min(Self.burst, state.tokens + elapsed * Self.perSecond), now)
            guard state.tokens >= 1 else { return false }
            state.tokens -= 1
            return true
        }
    }
}
