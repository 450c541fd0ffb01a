import Glibc
import SystemPackage

extension FileDescriptor {
    /// Returns when what was written is on the disk.
    func synchronize() throws {
        try Errno.check { fsync(rawValue) }
    }

    /// Makes the names in a directory durable: a new file is safe only when its entry is.
    static func synchronize(directory: FilePath) throws {
        let descriptor = try open(directory, .readOnly, options: [.directory, .closeOnExec])
        try descriptor.closeAfter { try descriptor.synchronize() }
    }
}
