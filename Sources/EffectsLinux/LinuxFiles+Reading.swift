import Effects
import Glibc
import SystemPackage

extension LinuxFiles {
    /// Reads until the end and not by the size: the files of `/proc` say that they are empty.
    static func content(of path: FilePath, limit: Int) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        return try descriptor.closeAfter {
            var content: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: min(limit, 1 << 16) + 1)
            while true {
                let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                if count == 0 { return content }
                content.append(contentsOf: chunk[..<count])
                guard content.count <= limit else {
                    throw EffectError(.tooLarge, "cannot read \(path): it holds more than \(limit) bytes")
                }
            }
        }
    }

    static func content(of path: FilePath, at offset: Int64, count: Int) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        return try descriptor.closeAfter {
            var content = [UInt8](repeating: 0, count: count)
            var done = 0
            while done < count {
                let step = try content.withUnsafeMutableBytes { buffer in
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                    return try descriptor.read(fromAbsoluteOffset: offset + Int64(done), into: rest)
                }
                if step == 0 { break }
                done += step
            }
            content.removeLast(count - done)
            return content
        }
    }

    static func entry(at path: FilePath) throws -> FileEntry? {
        guard let stat = try status(at: path, followingLinks: false) else { return nil }
        return FileEntry(name: path.lastComponent?.string ?? "/", stat)
    }

    static func entries(of directory: FilePath) throws -> [FileEntry] {
        let descriptor = try FileDescriptor.open(directory, .readOnly, options: [.directory, .closeOnExec])
        return try descriptor.closeAfter {
            try descriptor.entryNames().compactMap { name in
                var stat = Glibc.stat()
                guard fstatat(descriptor.rawValue, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 else {
                    // An entry may go between the reading of its name and the look at it.
                    if Errno.last == .noSuchFileOrDirectory { return nil }
                    throw Errno.last
                }
                return FileEntry(name: name.decoded, Stat(rawValue: stat))
            }
        }.sorted { $0.name < $1.name }
    }

    static func freeBytes(at path: FilePath) throws -> Int64 {
        var figures = statvfs()
        try Errno.check { statvfs(path.string, &figures) }
        return Int64(clamping: figures.f_bavail) * Int64(clamping: figures.f_frsize)
    }

    /// What stands at the path, or `nil` where nothing does.
    static func status(at path: FilePath, followingLinks: Bool) throws -> Stat? {
        do {
            return try path.stat(followTargetSymlink: followingLinks)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return nil
        }
    }
}

extension FileEntry {
    fileprivate init(name: String, _ stat: Stat) {
        let kind: Kind =
            switch stat.type {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            default: .other
            }
        self.init(name: name, kind: kind, size: Int(stat.size), mode: UInt16(stat.permissions.rawValue))
    }
}
