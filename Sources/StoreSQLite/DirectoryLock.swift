import CorbelAPI
import Foundation

/// The right to be the only one that works in a directory.
///
/// It is `flock(2)` on a file there: the kernel takes it back when the process ends, however it ends, so that no stale
/// lock is ever left, and two owners in one process exclude each other as well.
final class DirectoryLock: Sendable {
    private let descriptor: CInt

    /// - Throws: `conflict` where somebody else holds the directory.
    init(directory: String) throws {
        try Self.create(directory)
        let path = directory + "/store.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let failure = Self.unusable(path)
            close(descriptor)
            throw isHeld
                ? StatusError(.conflict, "another process has the store in \(directory) open: stop it first") : failure
        }
        self.descriptor = descriptor
    }

    deinit {
        // A child that is being started shares the lock for a moment, and would keep it if the file were only closed.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Only the owner may enter: there are secrets in the store.
    private static func create(_ directory: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StatusError(.serviceUnavailable, "cannot create the directory \(directory): \(error)")
        }
    }

    private static func unusable(_ path: String) -> StatusError {
        StatusError(.serviceUnavailable, "cannot use \(path): \(String(cString: strerror(errno)))")
    }
}
