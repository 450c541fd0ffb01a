import Effects
import Glibc
import NIOCore
import NIOPosix
import ScriptedEffects
import Synchronization
import Testing

@testable import Balancer

@Suite("A balancer over real sockets", .timeLimit(.minutes(1)))
struct TCPBalancerTests {
    private let time = HandTime()

    /// Runs a balancer while `body` runs, and returns when it has ended.
    private func balance(
        _ backends: @escaping @Sendable () -> [SocketEndpoint], port: Int = 0,
        limits: TCPBalancer.Limits = TCPBalancer.Limits(), during body: (SocketEndpoint) async throws -> Void
    ) async throws {
        let balancer = TCPBalancer(time: time, limits: limits)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                do {
                    try await balancer.forward(
                        from: SocketEndpoint(host: "127.0.0.1", port: port), to: { backends() },
                        onListening: { continuation.yield($0) })
                } catch is CancellationError {}
            }
            for await port in ports {
                try await body(SocketEndpoint(host: "127.0.0.1", port: port))
                break
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func greeting(at endpoint: SocketEndpoint) async throws -> String {
        try await Loopback.connect(to: endpoint) { try await $0.hear(1) }
    }

    private func expect(
        _ name: String, at endpoint: SocketEndpoint, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let greeting = try await greeting(at: endpoint)
        #expect(greeting == name, sourceLocation: sourceLocation)
    }

    @Test("the first backend in order gets the connection, and the next one where it is down")
    func failover() async throws {
        let deserted = try await Loopback.deserted()
        try await Loopback.serve("A") { a in
            try await Loopback.serve("B") { b in
                try await balance({ [a, b] }) { try await expect("A", at: $0) }
                try await balance({ [deserted, b, a] }) { try await expect("B", at: $0) }
            }
        }
    }

    @Test("a backend that does not answer in time is passed over")
    func slowBackend() async throws {
        let silent = SilentListener()
        var limits = TCPBalancer.Limits()
        // Long enough for the one that does answer, also on a busy machine.
        limits.connectTimeout = .seconds(2)
        try await Loopback.serve("B") { b in
            try await balance({ [silent.endpoint, b] }, limits: limits) {
                try await expect("B", at: $0)
            }
        }
    }

    @Test("a backend that refused is tried last until its penalty is over")
    func penalty() async throws {
        let absent = try await Loopback.deserted()
        try await Loopback.serve("B") { b in
            try await balance({ [absent, b] }) { balancer in
                try await expect("B", at: balancer)
                try await Loopback.serve("A", port: absent.port) { _ in
                    try await expect("B", at: balancer)
                    await time.advance(by: .seconds(10))
                    try await expect("A", at: balancer)
                }
            }
        }
    }

    @Test("a client is closed when no backend accepts, or none is known")
    func nobody() async throws {
        let deserted = try await Loopback.deserted()
        for backends in [[], [deserted]] {
            let current: @Sendable () -> [SocketEndpoint] = { backends }
            try await balance(current) { balancer in
                let heard = try await Loopback.connect(to: balancer) { await $0.hearToTheEnd() }
                #expect(heard == "")
            }
        }
    }

    @Test("a client's end of input reaches the backend, and the answer comes after it")
    func halfClose() async throws {
        let counting: @Sendable (Socket) async throws -> Void = { socket in
            try await socket.executeThenClose { inbound, outbound in
                var count = 0
                for try await bytes in inbound { count += bytes.readableBytes }
                try await outbound.write(ByteBuffer(string: "\(count)"))
            }
        }
        try await Loopback.serve(counting) { backend in
            try await balance({ [backend] }) { balancer in
                let count = 1 << 20
                let answer = try await Loopback.connect(to: balancer) { client in
                    for _ in 0..<16 { try await client.say(count: count, of: 7) }
                    client.output.finish()
                    return await client.hearToTheEnd()
                }
                #expect(answer == "\(16 * count)")
            }
        }
    }

    @Test("a client gets all that a backend sent before it closed, whoever ends first", arguments: [false, true])
    func lastWords(clientEndsFirst: Bool) async throws {
        let count = 1 << 20
        let talk: @Sendable (Socket) async throws -> Void = { socket in
            try await socket.executeThenClose { _, _ in
                // Answers when the kernel has the bytes, so that closing leaves none behind.
                for _ in 0..<16 { try await socket.channel.writeAndFlush(ByteBuffer(repeating: 7, count: count)).get() }
            }
        }
        try await Loopback.serve(talk) { backend in
            try await balance({ [backend] }) { balancer in
                let heard = try await Loopback.connect(to: balancer) { client in
                    if clientEndsFirst { client.output.finish() }
                    return await client.hearToTheEnd().utf8.count
                }
                #expect(heard == 16 * count)
            }
        }
    }

    @Test("a backend that dies in the midst of a connection ends the client's", arguments: [false, true])
    func dyingBackend(withReset: Bool) async throws {
        let die: @Sendable (Socket) async throws -> Void = { socket in
            if withReset {
                let options = try #require(socket.channel as? any SocketOptionProvider)
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            }
            try await socket.executeThenClose { inbound, _ in
                var input = inbound.makeAsyncIterator()
                _ = try await input.next()
            }
        }
        try await Loopback.serve(die) { backend in
            try await balance({ [backend] }) { balancer in
                try await Loopback.connect(to: balancer) { client in
                    try await client.say("die")
                    #expect(await client.hearToTheEnd() == "")
                }
            }
        }
    }

    @Test("many connections at once keep apart")
    func manyConnections() async throws {
        try await Loopback.serve("A") { backend in
            try await balance({ [backend] }) { balancer in
                try await withThrowingDiscardingTaskGroup { group in
                    for number in 0..<200 {
                        group.addTask {
                            let text = String(repeating: "\(number),", count: 5_000)
                            let heard = try await Loopback.connect(to: balancer) { client in
                                try await client.say(text)
                                client.output.finish()
                                return await client.hearToTheEnd()
                            }
                            let isWhole = heard == "A" + text
                            #expect(isWhole)
                        }
                    }
                }
            }
        }
    }

    @Test("a connection beyond the limit is closed at once, and one that ends makes room")
    func limit() async throws {
        var limits = TCPBalancer.Limits()
        limits.connections = 2
        try await Loopback.serve("A") { backend in
            try await balance({ [backend] }, limits: limits) { balancer in
                try await Loopback.connect(to: balancer) { first in
                    #expect(try await first.hear(1) == "A")
                    try await Loopback.connect(to: balancer) { second in
                        #expect(try await second.hear(1) == "A")
                        let third = try await Loopback.connect(to: balancer) { await $0.hearToTheEnd() }
                        #expect(third == "")
                    }
                }
                // The balancer hears of an end a moment after the client.
                while try await Loopback.connect(to: balancer, { await $0.hearOnce() }) != "A" { await Task.yield() }
            }
        }
    }

    @Test("connections to a backend that left the list are closed, and an empty list changes nothing")
    func departure() async throws {
        try await Loopback.serve("A") { a in
            try await Loopback.serve("B") { b in
                let list = EndpointList([a, b])
                try await balance({ list.endpoints }) { balancer in
                    try await Loopback.connect(to: balancer) { client in
                        #expect(try await client.hear(1) == "A")
                        list.endpoints = []
                        await time.advance(by: .seconds(5))
                        try await client.say("still there?")
                        #expect(try await client.hear(12) == "still there?")
                        list.endpoints = [b]
                        await time.advance(by: .seconds(5))
                        #expect(await client.hearToTheEnd() == "")
                    }
                    try await expect("B", at: balancer)
                }
            }
        }
    }

    @Test("the end of the balancer closes its connections and frees its port")
    func cancellation() async throws {
        try await Loopback.serve("A") { backend in
            let ended = EndpointList([])
            try await balance({ [backend] }) { balancer in
                ended.endpoints = [balancer]
                try await expect("A", at: balancer)
            }
            let balancer = try #require(ended.endpoints.first)
            await #expect(throws: (any Error).self) { try await greeting(at: balancer) }
            try await balance({ [backend] }, port: balancer.port) { try await expect("A", at: $0) }
        }
    }

    @Test("a client that is connected when the balancer ends is closed, and so is one that waits for a backend")
    func cancellationInTheMidst() async throws {
        let silent = SilentListener()
        try await Loopback.serve("A") { backend in
            for candidate in [backend, silent.endpoint] {
                let heard = try await withThrowingTaskGroup(of: String.self) { group in
                    let (greetings, continuation) = AsyncStream<Void>.makeStream()
                    try await balance({
                        continuation.finish()
                        return [candidate]
                    }) { balancer in
                        group.addTask { try await Loopback.connect(to: balancer) { await $0.hearToTheEnd() } }
                        for await _ in greetings {}
                    }
                    return try await group.next()
                }
                #expect(heard == "" || heard == "A")
            }
        }
    }

    @Test("a port in use is busy, and an address that is not ours is invalid")
    func refusals() async throws {
        func code(_ endpoint: SocketEndpoint) async -> EffectError.Code? {
            do {
                try await TCPBalancer(time: time).forward(from: endpoint, to: { [] }, onListening: { _ in })
                return nil
            } catch {
                return (error as? EffectError)?.code
            }
        }
        try await Loopback.serve("A") { #expect(await code($0) == .busy) }
        #expect(await code(SocketEndpoint(host: "192.0.2.1", port: 0)) == .invalid)
        #expect(await code(SocketEndpoint(host: "no address", port: 0)) == .invalid)
    }
}

/// A list that a test changes while a balancer reads it.
private final class EndpointList: Sendable {
    private let state: Mutex<[SocketEndpoint]>

    init(_ endpoints: [SocketEndpoint]) { state = Mutex(endpoints) }

    var endpoints: [SocketEndpoint] {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
