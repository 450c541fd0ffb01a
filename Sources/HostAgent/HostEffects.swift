import CorbelAPI
public import Effects

/// Everything through which the agent touches the world. Linux and the simulated host each have their own; the agent's
/// code is the same over both.
public struct HostEffects: Sendable {
    public var files: any FileStore
    public var commands: any CommandRunner
    public var services: any ServiceSupervisor
    public var slots: any SlotStore
    public var bootLoader: any BootLoader
    public var power: any MachinePower
    public var time: any TimeSource
    /// The time of certificates and of leases, which a demo that hurries ``time`` leaves as it is.
    public var worldTime: any TimeSource
    public var balancer: any ConnectionBalancer
    public var random: any RandomSource
    /// Makes a sender with the given identity; identities change when certificates are renewed.
    public var sender: @Sendable (SenderIdentity) throws -> any HTTPSender

    public init(
        files: any FileStore, commands: any CommandRunner, services: any ServiceSupervisor, slots: any SlotStore,
        bootLoader: any BootLoader, power: any MachinePower, time: any TimeSource, worldTime: any TimeSource,
        balancer: any ConnectionBalancer, random: any RandomSource,
        sender: @escaping @Sendable (SenderIdentity) throws -> any HTTPSender
    ) {
        self.files = files
        self.commands = commands
        self.services = services
        self.slots = slots
        self.bootLoader = bootLoader
        self.power = power
        self.time = time
        self.worldTime = worldTime
        self.balancer = balancer
        self.random = random
        self.sender = sender
    }
}

/// Whom a sender trusts and who it is, PEM. Empty bytes stand for none.
public struct SenderIdentity: Sendable, Hashable {
    public var authorities: [UInt8]
    public var certificate: [UInt8]
    public var privateKey: [UInt8]

    public init(authorities: [UInt8], certificate: [UInt8] = [], privateKey: [UInt8] = []) {
        self.authorities = authorities
        self.certificate = certificate
        self.privateKey = privateKey
    }
}
