import CorbelAPI
import Effects
import HostPlan

/// Users of the host and the keys that let them in, through the programs that every Linux has.
struct UserAccounts: Sendable {
    let effects: HostEffects

    func ensure(_ user: UserAccount) async throws {
        let known = try await succeeds(["id", "-u", user.name])
        if !known { try await run(["useradd"] + options(of: user) + [user.name]) }
        if !user.groups.isEmpty { try await run(["usermod", "-aG", user.groups.joined(separator: ","), user.name]) }
        // A hash goes through standard input: what stands in argv is there for everybody to see.
        if let hash = user.passwordHash { try await run(["chpasswd", "-e"], input: "\(user.name):\(hash)\n") }
        if user.locksPassword { try await run(["passwd", "-l", user.name]) }
        if !user.authorizedKeys.isEmpty { try await authorize(user.authorizedKeys, for: user.name) }
    }

    private func options(of user: UserAccount) -> [String] {
        var options = user.createsHome ? ["-m"] : ["-M"]
        if let group = user.primaryGroup { options += ["-g", group] }
        if let shell = user.shell { options += ["-s", shell] }
        if let home = user.homeDirectory { options += ["-d", home] }
        if let comment = user.gecos { options += ["-c", comment] }
        if let uid = user.uid { options += ["-u", String(uid)] }
        return options + (user.isSystem ? ["-r"] : [])
    }

    /// Adds keys that are not there yet.
    func authorize(_ keys: [String], for user: String) async throws {
        let directory = (user == "root" ? "/root" : "/home/\(user)") + "/.ssh"
        let path = directory + "/authorized_keys"
        try await effects.files.makeDirectory(directory, mode: 0o700)
        let present = try await effects.files.exists(path) ? effects.files.read(path, limit: 1 << 20) : []
        var lines = String(decoding: present, as: UTF8.self).split(separator: "\n").map(String.init)
        let missing = keys.filter { !lines.contains($0) }
        if missing.isEmpty { return }
        lines += missing
        try await effects.files.writeDurably(path, Array((lines.joined(separator: "\n") + "\n").utf8), mode: 0o600)
        try await run(["chown", "-R", user, directory])
    }

    private func succeeds(_ words: [String]) async throws -> Bool {
        try await effects.commands.run(Command(words[0], Array(words.dropFirst()), timeout: .seconds(30))).isSuccess
    }

    private func run(_ words: [String], input: String = "") async throws {
        let result = try await effects.commands.run(
            Command(words[0], Array(words.dropFirst()), input: Array(input.utf8), timeout: .seconds(30)))
        guard result.isSuccess else {
            let tail = String(decoding: result.errorOutput.suffix(400), as: UTF8.self)
            throw HostFailure(.commandFailed, "\(words[0]) ended with \(result.termination): \(tail)")
        }
    }
}
