/// A program to run, with everything that it gets from us.
public struct Command: Sendable, Hashable {
    /// The environment of a command that names none: system directories, and messages in a fixed language.
    public static let plainEnvironment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
    ]

    /// An absolute path, or a name that is looked up in the `PATH` of ``environment``.
    public var program: String
    public var arguments: [String]
    /// The whole environment: nothing is inherited.
    public var environment: [String: String]
    /// Where the program starts; `nil` for where we are.
    public var workingDirectory: String?
    /// What it reads from its standard input.
    public var input: [UInt8]
    /// How many bytes are kept of each of its outputs; what comes after is read and dropped.
    public var outputLimit: Int
    /// How long it may run before its whole process group is killed.
    public var timeout: Duration

    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = Command.plainEnvironment,
        workingDirectory: String? = nil, input: [UInt8] = [], outputLimit: Int = 1 << 20,
        timeout: Duration = .seconds(60)
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.outputLimit = outputLimit
        self.timeout = timeout
    }
}

/// What became of a command that ran to its end.
public struct CommandResult: Sendable, Hashable {
    public enum Termination: Sendable, Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    public var termination: Termination
    public var output: [UInt8]
    public var errorOutput: [UInt8]
    /// Whether one of the outputs was longer than the command's limit.
    public var isTruncated: Bool

    public init(
        _ termination: Termination, output: [UInt8] = [], errorOutput: [UInt8] = [], isTruncated: Bool = false
    ) {
        self.termination = termination
        self.output = output
        self.errorOutput = errorOutput
        self.isTruncated = isTruncated
    }

    public var isSuccess: Bool { termination == .exited(0) }
}

/// Runs programs.
///
/// A crash of ours leaves a running program to itself: commands are such that running them again does no harm.
public protocol CommandRunner: Sendable {
    /// Runs a command to its end; a failing exit status is a result and no error.
    ///
    /// Throws `notFound` or `permission` when it cannot start, `timeout` when it took too long, and `CancellationError`
    /// when the task is cancelled. In the last two cases the program and all in its process group are gone by then.
    func run(_ command: Command) async throws -> CommandResult
}
