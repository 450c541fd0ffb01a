import Effects
import Glibc
import SystemPackage

extension LinuxFiles {
    static func removeTree(at path: FilePath) throws {
        guard let name = path.lastComponent, name.kind == .regular else {
            throw EffectError(.invalid, "cannot remove \(path): it names no entry of a directory")
        }
        let parent: FileDescriptor
        do {
            parent = try .open(path.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return
        }
        try parent.closeAfter {
            if try parent.removeEntry(Array(name.string.utf8CString)) { try parent.synchronize() }
        }
    }
}

extension FileDescriptor {
    /// Removes an entry of this directory, with all that is in it, and says whether there was one. Works on descriptors
    /// and not on paths, so that a directory that is exchanged for a link in the meantime is not followed.
    fileprivate func removeEntry(_ name: [CChar]) throws -> Bool {
        if unlinkat(rawValue, name, 0) == 0 { return true }
        switch Errno.last {
        case .noSuchFileOrDirectory: return false
        case .isDirectory: break
        case let number: throw number
        }
        let number = try Errno.check { openat(rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        let directory = FileDescriptor(rawValue: number)
        try directory.closeAfter {
            for entry in try directory.entryNames() { _ = try directory.removeEntry(entry) }
        }
        try Errno.check { unlinkat(rawValue, name, AT_REMOVEDIR) }
        return true
    }
}
