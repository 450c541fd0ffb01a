import CorbelAPI
import Effects
import Synchronization

/// Calls to the JSON gateway of an etcd cluster (`https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/`).
///
/// It stays with one member until that fails, and then goes to the next. A read is tried at every member before it
/// fails. A write is sent once: after a failure nobody knows whether it was carried out.
struct EtcdClient: Sendable {
    /// Values come in base64, so an answer is longer than what it holds.
    static let replyLimit = 64 << 20

    private let sender: any HTTPSender
    private let endpoints: [String]
    private let position = Position()

    private final class Position: Sendable {
        let index = Mutex(0)
    }

    /// - Parameter endpoints: such as `https://192.0.2.1:2379`; at least one.
    init(_ sender: any HTTPSender, endpoints: [String]) {
        precondition(!endpoints.isEmpty, "an etcd cluster has at least one endpoint")
        self.sender = sender
        self.endpoints = endpoints.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    func read(_ path: String, _ request: JSONValue) async throws -> JSONValue {
        var lastError: (any Error)?
        for _ in endpoints {
            do {
                return try await write(path, request)
            } catch let error as StatusError where error.isOfMember {
                lastError = error
            }
        }
        throw lastError ?? StatusError(.serviceUnavailable, "etcd has no endpoint")
    }

    func write(_ path: String, _ request: JSONValue) async throws -> JSONValue {
        let index = position.index.withLock { $0 }
        do {
            let reply = try await sender.send(call(path, request, at: index), limit: Self.replyLimit)
            let json = try Self.parse(reply.body)
            if reply.status != 200 { throw StatusError(etcd: json, status: reply.status) }
            return json
        } catch let error as StatusError where error.isOfMember {
            moveOn(from: index)
            throw error
        }
    }

    /// Opens a stream of JSON lines.
    func stream(_ path: String, _ request: JSONValue) async throws -> HTTPStream {
        let index = position.index.withLock { $0 }
        do {
            let stream = try await sender.open(call(path, request, at: index))
            guard stream.status == 200 else {
                throw StatusError(.serviceUnavailable, "etcd answered a watch with \(stream.status)")
            }
            return stream
        } catch let error as StatusError {
            moveOn(from: index)
            throw error
        }
    }

    /// Goes to the next member. A stream that broke says as much about its member as a failed call.
    func moveOn() { moveOn(from: position.index.withLock { $0 }) }

    /// Only the first of many that failed at one member moves on, or they would run in circles.
    private func moveOn(from failed: Int) {
        position.index.withLock { index in
            if index == failed { index = (failed + 1) % endpoints.count }
        }
    }

    private func call(_ path: String, _ request: JSONValue, at index: Int) -> HTTPCall {
        HTTPCall(
            "POST", endpoints[index] + path, headers: [.init("Content-Type", "application/json")],
            body: Array(request.encodedText.utf8), timeout: .seconds(10))
    }

    static func parse(_ body: [UInt8]) throws -> JSONValue {
        do {
            return try JSONValue(parsing: body, limits: JSONLimits(depth: 32, bytes: replyLimit))
        } catch {
            throw StatusError(.serviceUnavailable, "etcd's gateway answered something else than JSON: \(error)")
        }
    }
}

extension StatusError {
    /// Whether another member may do better. A revision in the future is a timeout too, and no fault of a member.
    fileprivate var isOfMember: Bool { (reason == .serviceUnavailable || reason == .timeout) && causes.isEmpty }
}
