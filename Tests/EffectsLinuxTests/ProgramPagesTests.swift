import Effects
import EffectsLinux
import Testing

@Suite("The pages of a program")
struct ProgramPagesTests {
    @Test("are mapped one by one once that is asked for")
    func advice() async throws {
        try await ProgramPages.mapOnlyWhatIsUsed()
        let text = String(decoding: try await LinuxFiles().read("/proc/self/smaps", limit: 64 << 20), as: UTF8.self)
        let flags = text.split(separator: "\n").filter { $0.hasPrefix("VmFlags:") }
        // `rr`: random read advice (proc_pid_smaps(5)).
        #expect(flags.contains { $0.split(separator: " ").contains("rr") })
    }
}
