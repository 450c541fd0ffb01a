/// Why the world refused: the one error of every protocol in this module.
///
/// Callers branch on ``code``; people read ``message``, which names the path, program or service that it is about.
/// Implementations map the errors of their platform to this type once. A cancelled task throws `CancellationError`
/// instead.
public struct EffectError: Error, Sendable, Hashable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The file, program, service or slot does not exist.
        case notFound
        /// Something of that name exists already, or is of another kind, such as a directory in a file's place.
        case alreadyExists
        /// The disk or the quota is full.
        case noSpace
        /// The process may not, or the file system is read-only.
        case permission
        /// Somebody else holds it: a lock, a device, a slot that is being written.
        case busy
        /// The content is longer than the caller was ready to take.
        case tooLarge
        /// The content is not what it should be, such as an image whose digest differs.
        case corrupt
        /// The call itself makes no sense, such as a relative path.
        case invalid
        /// It took longer than the caller allowed.
        case timeout
        /// Anything else that the device or the system reports.
        case ioError
    }

    public var code: Code
    /// A sentence without a full stop.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension EffectError: CustomStringConvertible {
    public var description: String { message }
}
