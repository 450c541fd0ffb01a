import Effects
import Glibc

/// The pages of this program's own file.
public enum ProgramPages {
    /// Has the kernel map only those pages of the program that are used, rather than sixteen around each
    /// (`MADV_RANDOM`, madvise(2)). A program that idles for months is smaller for it; its start takes a few more
    /// faults, which the page cache answers.
    ///
    /// It is advice: where the kernel does not take it, nothing changes.
    public static func mapOnlyWhatIsUsed() async throws {
        let maps = String(decoding: try await LinuxFiles().read("/proc/self/maps", limit: 16 << 20), as: UTF8.self)
        let program = try OwnProgram.path()
        for line in maps.split(separator: "\n") {
            guard let mapping = Mapping(line), mapping.path == program, !mapping.isWritable else { continue }
            _ = madvise(UnsafeMutableRawPointer(bitPattern: mapping.start), Int(mapping.count), MADV_RANDOM)
        }
    }

    /// A line of `/proc/self/maps`: `start-end permissions offset device inode path`.
    private struct Mapping {
        var start: UInt
        var count: UInt
        var isWritable: Bool
        var path: String

        init?(_ line: Substring) {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let range = fields.first?.split(separator: "-").compactMap { UInt($0, radix: 16) } ?? []
            guard fields.count == 6, range.count == 2, range[0] < range[1] else { return nil }
            start = range[0]
            count = range[1] - range[0]
            isWritable = fields[1].contains("w")
            path = String(fields[5].drop { $0 == " " })
        }
    }
}
