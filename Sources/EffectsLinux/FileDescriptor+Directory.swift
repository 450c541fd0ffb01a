import Glibc
import SystemPackage

extension FileDescriptor {
    /// The names in an open directory as bytes, each with its final zero: a name need not be UTF-8.
    func entryNames() throws -> [[CChar]] {
        let copy = try Errno.check { openat(rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(copy) else {
            let number = Errno.last
            _ = Glibc.close(copy)
            throw number
        }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw Errno.last }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: Int(strlen($0)) + 1))
                }
            }
            if ![".", ".."].contains(name.decoded) { names.append(name) }
        }
    }
}

extension [CChar] {
    /// The name as text; bytes that are no UTF-8 become replacement characters.
    var decoded: String { String(decoding: dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}
