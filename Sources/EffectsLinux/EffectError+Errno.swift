import Effects
import Glibc
import SystemPackage

extension EffectError {
    /// The error of a system call, told as "cannot `action` `path`: reason".
    init(_ number: Errno, cannot action: String, _ path: String) {
        self.init(Self.code(of: number), "cannot \(action) \(path): \(number)")
    }

    /// Runs system calls on a path and maps what they throw.
    static func mapping<Value>(_ action: String, _ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let number as Errno {
            throw EffectError(number, cannot: action, path)
        }
    }

    private static func code(of number: Errno) -> Code {
        switch number {
        case .noSuchFileOrDirectory, .notDirectory: .notFound
        // A symbolic link in the place of a file is ELOOP to a call that follows none.
        case .fileExists, .isDirectory, .tooManySymbolicLinkLevels, .directoryNotEmpty: .alreadyExists
        case .noSpace, .diskQuotaExceeded: .noSpace
        case .permissionDenied, .notPermitted, .readOnlyFileSystem: .permission
        case .resourceBusy, .textFileBusy, .wouldBlock: .busy
        case .fileTooLarge: .tooLarge
        case .fileNameTooLong, .invalidArgument: .invalid
        case .timedOut: .timeout
        default: .ioError
        }
    }
}

extension Errno {
    /// The error of the system call that has just failed in this thread.
    static var last: Errno { Errno(rawValue: errno) }

    /// Throws the last error where a system call answered -1; repeats a call that a signal interrupted.
    @discardableResult
    static func check(_ call: () -> CInt) throws -> CInt {
        while true {
            let status = call()
            if status >= 0 { return status }
            let number = Errno.last
            if number != .interrupted { throw number }
        }
    }
}
