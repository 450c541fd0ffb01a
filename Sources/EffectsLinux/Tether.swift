import Dispatch
import Effects
import Glibc
import SystemPackage

/// What binds the life of a child to that of its parent: the child's standard input is the end of a pipe that nobody
/// ever writes to, and that ends when the parent does. No other way tells of a parent that was killed with `-9`, and
/// also of one whose thread alone has ended.
public enum Tether {
    /// The end that children hold. The other end belongs to this process alone until it ends: a child that had it too
    /// would keep the others alive.
    static let toThisProcess = Result<FileDescriptor, any Error> {
        try EffectError.mapping("open", "a pipe") {
            let ends = try FileDescriptor.pipe()
            for end in [ends.readEnd, ends.writeEnd] {
                try Errno.check { fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
            }
            return ends.readEnd
        }
    }

    /// From now on, the end of standard input ends this process at once, and all in its process group where it leads
    /// one: nothing that it has started is left behind.
    public static func endWithInput() {
        DispatchQueue(label: "corbel.tether").async {
            var byte: UInt8 = 0
            while true {
                let count = Glibc.read(STDIN_FILENO, &byte, 1)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                // Zero names the group of this process, which is another one's where it does not lead it.
                _ = Glibc.kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL)
            }
        }
    }

    /// From now on, this process ends at once when nobody can read its standard output any more: a pipe whose reader
    /// has ended. For a child that reads its standard input to the end.
    public static func endWithOutput() {
        DispatchQueue(label: "corbel.tether").async {
            // Without an event to wait for, it tells of the end alone; of what is no pipe, never.
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while true {
                let count = poll(&output, 1, -1)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return }
                _ = Glibc.kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL)
            }
        }
    }
}
