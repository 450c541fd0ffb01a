import Effects
import Glibc
import Synchronization
import SystemPackage

extension LinuxFiles {
    static func replace(_ path: FilePath, with bytes: [UInt8], mode: UInt16) throws {
        let directory = path.removingLastComponent()
        let temporary = directory.appending(temporaryName(for: path))
        do {
            try write(bytes, toNew: temporary, mode: mode)
            try Errno.check { Glibc.rename(temporary.string, path.string) }
        } catch {
            _ = unlink(temporary.string)
            throw error
        }
        try FileDescriptor.synchronize(directory: directory)
    }

    static func overwrite(_ path: FilePath, with bytes: [UInt8]) throws {
        let descriptor = try FileDescriptor.open(path, .writeOnly, options: [.noFollow, .closeOnExec])
        try descriptor.closeAfter {
            let size = try descriptor.stat().size
            guard size >= bytes.count else {
                throw EffectError(.invalid, "cannot write \(bytes.count) bytes into \(path): it holds \(size) bytes")
            }
            try descriptor.writeAll(toAbsoluteOffset: 0, bytes)
            try descriptor.synchronize()
        }
    }

    static func extend(_ path: FilePath, by bytes: [UInt8], mode: UInt16, isDurable: Bool) throws {
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.append, .create, .noFollow, .closeOnExec],
            permissions: FilePermissions(rawValue: CInterop.Mode(mode)))
        try descriptor.closeAfter {
            let size = try descriptor.stat().size
            do {
                try descriptor.writeAll(bytes)
                if isDurable { try descriptor.synchronize() }
            } catch {
                // A torn record in the midst of a journal would hide all that comes after it. Where it cannot be cut
                // off, the first error still says more.
                _ = ftruncate(descriptor.rawValue, off_t(size))
                throw error
            }
            if size == 0 { try FileDescriptor.synchronize(directory: path.removingLastComponent()) }
        }
    }

    static func synchronize(_ path: FilePath) throws {
        guard let descriptor = try? FileDescriptor.open(path, .writeOnly, options: [.noFollow, .closeOnExec]) else {
            guard try status(at: path, followingLinks: false) != nil else { return }
            throw Errno.ioError
        }
        try descriptor.closeAfter { try descriptor.synchronize() }
    }

    static func move(_ path: FilePath, to other: FilePath) throws {
        let directory = path.removingLastComponent()
        guard other.removingLastComponent() == directory, other.lastComponent?.kind == .regular else {
            throw EffectError(.invalid, "cannot rename \(path) to \(other): that is another directory")
        }
        try Errno.check { Glibc.rename(path.string, other.string) }
        try FileDescriptor.synchronize(directory: directory)
    }

    static func makeDirectories(_ path: FilePath, mode: UInt16) throws {
        if let stat = try status(at: path, followingLinks: true) {
            guard stat.type == .directory else {
                throw EffectError(.alreadyExists, "cannot make directory \(path): it is no directory")
            }
            return
        }
        let parent = path.removingLastComponent()
        try makeDirectories(parent, mode: mode)
        do {
            try Errno.check { mkdir(path.string, mode_t(mode)) }
            // The process's umask takes bits away that the caller asked for.
            try Errno.check { chmod(path.string, mode_t(mode)) }
        } catch Errno.fileExists {
            // Somebody else made it at the same time.
            return
        }
        try FileDescriptor.synchronize(directory: parent)
    }

    private static func write(_ bytes: [UInt8], toNew path: FilePath, mode: UInt16) throws {
        let permissions = FilePermissions(rawValue: CInterop.Mode(mode))
        let descriptor = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: permissions)
        try descriptor.closeAfter {
            try Errno.check { fchmod(descriptor.rawValue, permissions.rawValue) }
            try descriptor.writeAll(bytes)
            try descriptor.synchronize()
        }
    }

    private static let temporaryCount = Atomic<UInt64>(0)

    /// A name that no other writer uses: the process, and the count of the file within it. A process that was killed
    /// may have had the same number, so its leftover is taken away.
    private static func temporaryName(for path: FilePath) -> String {
        let count = temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue
        let name = ".\(path.lastComponent?.string ?? "").\(getpid())-\(count).tmp"
        _ = unlink(path.removingLastComponent().appending(name).string)
        return name
    }
}
