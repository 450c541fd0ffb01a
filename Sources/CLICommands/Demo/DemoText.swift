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
        var things = [
            [
                "The cluster, by its own kubeconfig:",
                "kubectl --kubeconfig \(directory)/shop-1.kubeconfig get nodes,pods -A",
            ],
            ["Why it is as it is:", "\(corbel) explain shop-1"],
        ]
        if let nextSystem {
            things.append([
                "What the next operating system would do, host by host; then let it:",
                "\(corbel) plan -f \(nextSystem)",
                "\(corbel) apply -f \(nextSystem) --no-wait && \(corbel) approve shop-1",
            ])
        } else {
            things.append(["The centre's view:", "\(corbel) get edgehosts"])
        }
        let text = things.map { $0[0] + "\n" + $0.dropFirst().map { "    \($0)\n" }.joined() }.joined(separator: "\n")
        return """

            Three things to try, in another terminal:

              export CORBEL_KUBECONFIG=\(directory)/centre.kubeconfig

            \(text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n"))
            Ctrl-C ends everything.

            """
    }

    private static func seconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
