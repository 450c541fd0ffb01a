import Effects
import Testing

@testable import Balancer

@Suite("The order of backends")
struct BackendOrderTests {
    private let a = SocketEndpoint(host: "192.0.2.1", port: 6443)
    private let b = SocketEndpoint(host: "192.0.2.2", port: 6443)
    private let c = SocketEndpoint(host: "192.0.2.3", port: 6443)

    @Test("without failures the preference holds, and what is named twice is tried once")
    func preference() {
        var order = BackendOrder(penalty: .seconds(10))
        #expect(order.order([b, a, b, c], at: .zero) == [b, a, c])
        #expect(order.order([], at: .zero) == [])
    }

    @Test("a backend that failed is tried last until its penalty is over")
    func penalty() {
        var order = BackendOrder(penalty: .seconds(10))
        order.noteFailure(of: a, at: .seconds(100))
        #expect(order.order([a, b, c], at: .seconds(100)) == [b, c, a])
        #expect(order.order([a, b, c], at: .milliseconds(109_999)) == [b, c, a])
        #expect(order.order([a, b, c], at: .seconds(110)) == [a, b, c])
    }

    @Test("several that failed keep the preference among themselves, whichever failed first")
    func severalFailures() {
        var order = BackendOrder(penalty: .seconds(10))
        order.noteFailure(of: b, at: .seconds(1))
        order.noteFailure(of: a, at: .seconds(2))
        #expect(order.order([a, b, c], at: .seconds(3)) == [c, a, b])
    }

    @Test("a failure anew counts from anew, and a success forgives")
    func renewal() {
        var order = BackendOrder(penalty: .seconds(10))
        order.noteFailure(of: a, at: .seconds(0))
        order.noteFailure(of: a, at: .seconds(9))
        #expect(order.order([a, b], at: .seconds(15)) == [b, a])
        order.noteSuccess(of: a)
        #expect(order.order([a, b], at: .seconds(15)) == [a, b])
    }

    @Test("a backend that left the list is forgotten, and comes back in good standing")
    func forgetting() {
        var order = BackendOrder(penalty: .seconds(10))
        order.noteFailure(of: a, at: .zero)
        #expect(order.order([b], at: .seconds(1)) == [b])
        #expect(order.order([a, b], at: .seconds(2)) == [a, b])
    }
}
