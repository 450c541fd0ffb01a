import APIServer
import CorbelAPI
import Logging
import ResourceStore

/// `/livez`, `/healthz` and `/readyz`: whether the process lives, and whether it can serve. With `?verbose` each check
/// has a line, and a path below names one check.
struct HealthHandler: RequestHandler {
    private struct Check {
        var name: String
        /// Why the check fails; nil where it does not.
        var problem: String?
    }

    let store: any ResourceStore
    let logger: Logger

    func handle(_ request: APIRequest) async -> APIResponse {
        let parts = request.path.split(separator: "/").map(String.init)
        guard let page = parts.first, ["livez", "healthz", "readyz"].contains(page), parts.count <= 2 else {
            return .failure(StatusError(.notFound, "the server could not find the requested resource"))
        }
        guard ["GET", "HEAD"].contains(request.method) else {
            return .failure(StatusError(.methodNotAllowed, "health answers GET and HEAD only"))
        }
        var checks = [Check(name: "ping")]
        if page == "readyz" { checks.append(await storeCheck()) }
        if parts.count == 2 {
            guard let check = checks.first(where: { $0.name == parts[1] }) else {
                return .failure(StatusError(.notFound, "there is no check \(parts[1])"))
            }
            checks = [check]
        }
        return answer(checks, page: page, isVerbose: request.query.contains { $0.name == "verbose" })
    }

    private func storeCheck() async -> Check {
        do {
            _ = try await store.currentRevision()
            return Check(name: "store")
        } catch {
            // Everybody may ask: what the store says is for the log alone.
            logger.warning("the store is not ready: \(error)")
            return Check(name: "store", problem: "reason withheld")
        }
    }

    private func answer(_ checks: [Check], page: String, isVerbose: Bool) -> APIResponse {
        let hasFailed = checks.contains { $0.problem != nil }
        guard isVerbose || hasFailed else { return text("ok") }
        let lines = checks.map { check in
            check.problem.map { "[-]\(check.name) failed: \($0)\n" } ?? "[+]\(check.name) ok\n"
        }
        return text(
            lines.joined() + "\(page) check \(hasFailed ? "failed" : "passed")\n", status: hasFailed ? 503 : 200)
    }

    private func text(_ text: String, status: Int = 200) -> APIResponse {
        .document(.init(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8)))
    }
}
