public import Effects
import Glibc
import SystemPackage

/// The program that this process runs.
public enum OwnProgram {
    /// Its path, with symbolic links followed. Throws where `/proc` does not tell.
    public static func path() throws(EffectError) -> String {
        let link = "/proc/self/exe"
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0 else { throw EffectError(Errno(rawValue: errno), cannot: "read", link) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// From now on this process runs on what others leave of the processors, where it leads its process group: the
    /// priority is that of all threads in the group, which one's own alone cannot be.
    public static func stepBack() {
        if getpgrp() == getpid() { _ = setpriority(__priority_which_t(PRIO_PGRP.rawValue), 0, 19) }
    }
}
