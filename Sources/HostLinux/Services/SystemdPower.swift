public import Effects

/// The switch of a machine that systemd runs.
public struct SystemdPower: MachinePower {
    private let commands: any CommandRunner
    private let files: any FileReader

    public init(commands: any CommandRunner, files: any FileReader) {
        self.commands = commands
        self.files = files
    }

    public func bootID() async throws -> String {
        let bytes = try await files.read("/proc/sys/kernel/random/boot_id", limit: 256)
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }

    public func reboot() async throws {
        let result = try await commands.run(Command("systemctl", ["reboot"], timeout: .seconds(60)))
        guard result.isSuccess else {
            let reason = String(decoding: result.errorOutput.suffix(300), as: UTF8.self)
            throw EffectError(.ioError, "cannot reboot: \(reason.split(separator: "\n").joined(separator: "; "))")
        }
    }
}
