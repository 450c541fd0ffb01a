import ArgumentParser
import Audit
import CorbelAPI
import Effects

/// `corbel audit`: who changed what, and whether that is still what was written.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Looks whether the audit of a centre is as it was written.",
        discussion: """
            A centre writes into DIR/audit who changed what, from where and what came of it, and every refusal: one JSON
            object a line, in audit-<number of its first line>.log. No body and no credential is ever in it. Each line
            bears the SHA-256 of the line before (`previous`) and its own (`digest`), so that a change shows:

              corbel audit verify --data-dir /var/lib/corbel
              jq -c 'select(.object.resource == "secrets") | [.time, .user.name, .verb, .object.name, .code]' \\
                /var/lib/corbel/audit/audit-*.log

            The oldest files are given up when there are more than 32 of 32 MiB; the chain goes on.
            """,
        subcommands: [Verify.self])

    struct Verify: ConsoleCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells of lines that were altered, removed or moved, and of an end that was cut off.",
            discussion: """
                  corbel audit verify --data-dir /var/lib/corbel
                  corbel audit verify --data-dir /var/lib/corbel -o json
                  corbel audit verify --data-dir /var/lib/corbel --known 1207:9f86d0…

                It ends with 0 where the audit is whole, and with 1 where it is not. A line that was being written when
                the server was killed is told, and is no damage.

                What it cannot tell by itself: the digests have no key, so whoever may write all of DIR/audit can write
                another audit with digests that fit, or cut off its end together with head.json. Against that, note the
                last line elsewhere, as it prints it, and hand it over with --known the next time: a line of that number
                with another digest, or none, is told. Lines of the last second before a power cut may not have reached
                the disk, and an end that was cut within the second before head.json was written looks the same.
                """)

        @Option(name: .customLong("data-dir"), help: "The data directory that the centre serves from.")
        var dataDirectory: String

        @Option(
            help: ArgumentHelp("A line that was noted before. May be repeated.", valueName: "number:digest"))
        var known: [String] = []

        @Option(name: [.short, .long], help: "How the result is printed.")
        var output = OutputFormat.table

        func validate() throws { _ = try noted() }

        private func noted() throws -> [AuditVerifier.KnownLine] {
            try known.map { text in
                let parts = text.split(separator: ":", omittingEmptySubsequences: false)
                guard parts.count == 2, let sequence = Int(parts[0]), sequence > 0, parts[1].utf8.count == 64 else {
                    throw ValidationError("--known: \"\(text)\" is no NUMBER:DIGEST with a digest of 64 digits")
                }
                return .init(sequence: sequence, digest: String(parts[1]))
            }
        }

        func run(in context: CommandContext) async throws -> Int32 {
            let directory = AuditDirectory(path: context.absolute(dataDirectory) + "/audit")
            guard try await context.files.exists(directory.path) else {
                throw StatusError(.notFound, "\(directory.path) is not there: no centre has served from this directory")
            }
            let report = try await AuditVerifier.verify(directory, files: context.files, known: try noted())
            context.console.writeResult(output.render(report.json, text: report.text))
            return report.isIntact ? 0 : 1
        }
    }
}

extension AuditVerifier.Report {
    fileprivate var json: JSONValue {
        var json: JSONValue = [
            "intact": .bool(isIntact), "lines": JSONValue(lines), "findings": .array(findings.map(\.json)),
            "digest": .string(digest),
        ]
        json["first"] = first.map { JSONValue($0) }
        json["last"] = last.map { JSONValue($0) }
        return json
    }

    fileprivate var text: String {
        var lines = findings.map { finding in
            let place = finding.line > 0 ? "\(finding.file):\(finding.line)" : finding.file
            return "\(finding.kind.rawValue)  \(place)  \(finding.message)"
        }
        let range = first.flatMap { first in last.map { "lines \(first) to \($0)" } } ?? "no lines"
        lines.append(isIntact ? "the audit is whole: \(range)" : "the audit is NOT as it was written: \(range)")
        if let last, !digest.isEmpty { lines.append("note elsewhere: \(last):\(digest)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
