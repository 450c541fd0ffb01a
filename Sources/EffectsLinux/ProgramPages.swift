import Effects
import Glibc

/// The pages of this program's own file.
public enum ProgramPages {
    /// Gives back the pages of the program's code that are mapped now (`MADV_DONTNEED`, madvise(2)). The kernel maps
    /// those anew that are used, from its cache: a program that idles for months is smaller for it than its start was.
    ///
    /// Where the kernel does not take the advice, nothing changes. Mappings that hold anything written stay as they
    /// are.
    public static func releaseCode() async throws {
        let maps = String(decoding: try await LinuxFiles().read("/proc/self/maps", limit: 16 << 20), as: UTF8.self)
        let program = try OwnProgram.path()
        for line in maps.split(separator: "\n") {
            guard let mapping = Mapping(line), mapping.path == program, mapping.isCode else { continue }
            _ = madvise(UnsafeMutableRawPointer(bitPattern: mapping.start), Int(mapping.count), MADV_DONTNEED)
        }
    }

    /// A line of `/proc/self/maps`: `start-end permissions offset device inode path`.
    private struct Mapping {
        var start: UInt
        var count: UInt
        /// Whether it is executed and never written: every page of it is in the file.
        var isCode: Bool
        var path: String

        init?(_ line: Substring) {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let range = fields.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
            guard fields.count == 6, range.count == 2, range[0] < range[1] else { return nil }
            start = range[0]
            count = range[1] - range[0]
            isCode = fields[1].contains("x") && !fields[1].contains("w")
            path = String(fields[5].drop { $0 == " " })
        }
    }
}
