import CorbelAPI
import Demo

/// What `corbel demo` tells people.
enum DemoText {
    /// One line of progress.
    static func line(_ moment: Moment) -> String {
        let number = seconds(moment.seconds)
        return String(repeating: " ", count: max(0, 6 - number.count)) + number + "s  " + moment.text
    }

    static func summary(of report: DemoReport) -> String {
        report.scenarios.map { scenario in
            let held = scenario.expectations.filter(\.passed).count
            let verdict = scenario.passed ? "passed" : scenario.isOverloaded ? "overloaded" : "failed"
            return "\(scenario.name): \(verdict), \(held) of \(scenario.expectations.count) expectations held, "
                + "\(seconds(scenario.seconds)) s\n"
        }.joined()
    }

    /// What somebody may do with a demo that stays.
    ///
    /// - Parameters:
    ///   - corbel: this program, as it was called.
    ///   - nextSystem: an intent that brings the next operating system, where the demo has left one.
    static func invitation(directory: String, corbel: String, nextSystem: String?) -> String {
        let last =
            nextSystem.map { file in
                (
                    "What the next operating system would do, host by host; then let it:",
                    ["\(corbel) plan -f \(file)", "\(corbel) apply -f \(file) --no-wait && \(corbel) approve shop-1"]
                )
            } ?? ("The machines, as the centre sees them:", ["\(corbel) get edgehosts"])
        let things = [
            (
                "The cluster, by its own kubeconfig:",
                ["kubectl --kubeconfig \(directory)/shop-1.kubeconfig get nodes,pods -A"]
            ),
            ("Why it is as it is:", ["\(corbel) explain shop-1"]),
            last,
        ]
        let lines = things.flatMap { title, commands in ["", "  " + title] + commands.map { "      " + $0 } }
        return """

            Three things to try, in another terminal, after

                export CORBEL_KUBECONFIG=\(directory)/centre.kubeconfig
            \(lines.joined(separator: "\n"))

            Ctrl-C ends everything.

            """
    }

    private static func seconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
