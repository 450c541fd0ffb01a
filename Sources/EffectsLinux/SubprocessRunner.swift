public import Effects
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// Runs programs of this machine, each in a process group of its own.
public struct SubprocessRunner: CommandRunner {
    private let leadsGroups: Bool

    /// - Parameter leadsGroups: false keeps programs in the group of this process, so that they end with it when the
    ///   group is killed; what a program has started itself is then not ended with it.
    public init(leadsGroups: Bool = true) { self.leadsGroups = leadsGroups }

    public func run(_ command: Command) async throws -> CommandResult {
        try check(command)
        return try await withThrowingTaskGroup(of: CommandResult?.self) { group in
            group.addTask { try await execute(command, leadsGroup: leadsGroups) }
            group.addTask {
                try await Task.sleep(for: command.timeout, clock: .suspending)
                return nil
            }
            let first = await group.nextResult()
            group.cancelAll()
            // Returns when the process group is gone.
            while await group.nextResult() != nil { continue }
            guard let result = try first?.get() else {
                throw EffectError(.timeout, "\(command.program) did not end within \(command.timeout)")
            }
            return result
        }
    }

    private func check(_ command: Command) throws {
        let texts = [command.program] + command.arguments + command.environment.flatMap { [$0.key, $0.value] }
        guard texts.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw EffectError(.invalid, "cannot run \(command.program): an argument or a variable holds a zero byte")
        }
    }
}

/// Runs the command; a cancelled task kills its process group, or it alone where it leads none.
private func execute(_ command: Command, leadsGroup: Bool) async throws -> CommandResult {
    do {
        let ended = try await Subprocess.run(
            configuration(of: command, leadsGroup: leadsGroup),
            input: .fileDescriptor(try memoryFile(holding: command.input), closeAfterSpawningProcess: true),
            output: .sequence, error: .sequence
        ) { execution in
            async let output = BoundedOutput(reading: execution.standardOutput, limit: command.outputLimit)
            async let errorOutput = BoundedOutput(reading: execution.standardError, limit: command.outputLimit)
            return try await (output, errorOutput)
        }
        try Task.checkCancellation()
        let (output, errorOutput) = ended.closureResult
        return CommandResult(
            CommandResult.Termination(ended.terminationStatus), output: output.bytes, errorOutput: errorOutput.bytes,
            isTruncated: output.isTruncated || errorOutput.isTruncated)
    } catch let error as SubprocessError {
        try Task.checkCancellation()
        throw EffectError(error, running: command)
    }
}

private func configuration(of command: Command, leadsGroup: Bool) -> Configuration {
    var options = PlatformOptions()
    // Zero makes the program the leader of a new group: what it starts dies with it, and a Ctrl-C meant for us does not
    // reach it.
    if leadsGroup { options.processGroupID = 0 }
    options.teardownSequence = [.send(signal: .kill, toProcessGroup: leadsGroup, allowedDurationToNextStep: .zero)]
    let isPath = command.program.contains("/")
    let environment = command.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
    return Configuration(
        executable: isPath ? .path(FilePath(command.program)) : .name(command.program),
        arguments: Arguments(command.arguments),
        environment: .custom(Dictionary(environment) { _, last in last }),
        workingDirectory: command.workingDirectory.map { FilePath($0) }, platformOptions: options)
}

private let inputCount = Atomic<UInt64>(0)

/// The input as a file in memory without a name, ready to be read. A pipe would raise SIGPIPE in this process when the
/// program ends without reading it.
private func memoryFile(holding input: [UInt8]) throws -> FileDescriptor {
    let name = "/corbel-input-\(getpid())-\(inputCount.wrappingAdd(1, ordering: .relaxed).newValue)"
    return try EffectError.mapping("hold the input of a command in", name) {
        let number = try Errno.check { shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
        let file = FileDescriptor(rawValue: number)
        do {
            try Errno.check { shm_unlink(name) }
            try file.writeAll(toAbsoluteOffset: 0, input)
            return file
        } catch {
            try file.close()
            throw error
        }
    }
}

/// The first bytes of an output; the rest is read, so that the program can go on, and dropped.
private struct BoundedOutput: Sendable {
    var bytes: [UInt8] = []
    var isTruncated = false

    init(reading sequence: SubprocessOutputSequence, limit: Int) async throws {
        for try await buffer in sequence {
            let kept = min(buffer.count, limit - bytes.count)
            isTruncated = isTruncated || kept < buffer.count
            buffer.bytes.withUnsafeBytes { bytes.append(contentsOf: $0.prefix(kept)) }
        }
    }
}

extension CommandResult.Termination {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let number): self = .signalled(number)
        }
    }
}

extension EffectError {
    fileprivate init(_ error: SubprocessError, running command: Command) {
        let isMissing = error.code == .executableNotFound || error.code == .failedToChangeWorkingDirectory
        // The library does not tell a program that is not there from one that may not be run.
        let isPath = error.code == .executableNotFound && command.program.contains("/")
        let isThere = isPath && access(command.program, F_OK) == 0
        let isDenied = isThere || error.underlyingError == .permissionDenied || error.underlyingError == .notPermitted
        let code: Code = isDenied ? .permission : isMissing ? .notFound : .ioError
        self.init(code, "cannot run \(command.program): \(error)")
    }
}
