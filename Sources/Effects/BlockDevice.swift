/// A range of bytes of a fixed length that is written in place: a partition, or a file that was allocated before.
public protocol BlockDevice: Sendable {
    /// The length; whole sectors of 512 bytes on a disk.
    var byteCount: Int64 { get }

    /// The bytes from `offset` on. Throws `invalid` where they would lie outside the device.
    func read(at offset: Int64, count: Int) async throws -> [UInt8]

    /// Overwrites the bytes from `offset` on; durable when the call returns. Throws `invalid` where they would lie
    /// outside the device, and `permission` when it was opened for reading.
    ///
    /// A crash leaves each sector old or new, in any combination.
    func write(_ bytes: [UInt8], at offset: Int64) async throws

    /// Drops what the system remembers of the device, so that the reads that follow come from the medium.
    func forgetCache() async throws

    /// Gives the device back; nothing may be called afterwards.
    func close() async
}

/// What a device is opened for.
public enum DeviceAccess: Sendable, Hashable {
    case reading
    /// Reading and writing, and nobody else may have it in use.
    case writing
}

/// The disks of a machine.
public protocol DeviceStore: Sendable {
    /// Opens a device by its path; symbolic links, such as those in `/dev/disk`, are followed.
    ///
    /// Throws `notFound` without it, and `busy` when it is to be written and is in use, for example mounted.
    func open(_ path: String, for access: DeviceAccess) async throws -> any BlockDevice
}
