import Effects
import EffectsLinux
import Testing

@Suite("The pages of a program")
struct ProgramPagesTests {
    /// How many kB of the program's code are resident.
    private func residentCode() async throws -> Int {
        let program = try OwnProgram.path()
        let text = String(decoding: try await LinuxFiles().read("/proc/self/smaps", limit: 64 << 20), as: UTF8.self)
        var isCode = false
        var sum = 0
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            if fields.first?.contains("-") == true, fields.count >= 5 {
                isCode = fields[1].contains("x") && line.hasSuffix(program)
            } else if isCode, line.hasPrefix("Rss:"), fields.count == 3 {
                sum += Int(fields[1]) ?? 0
            }
        }
        return sum
    }

    @Test("are given back, and those that are used come again")
    func release() async throws {
        let before = try await residentCode()
        try await ProgramPages.releaseCode()
        let after = try await residentCode()
        #expect(after > 0 && after < before * 3 / 4, "\(before) kB, then \(after) kB")
    }
}
