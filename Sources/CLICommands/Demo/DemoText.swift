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
    static func invitation(directory: String) -> String {
        """

        Three things to try, in another terminal:

          kubectl --kubeconfig \(directory)/centre.kubeconfig get edgehosts,edgeclusters
          kubectl --kubeconfig \(directory)/shop-1.kubeconfig get nodes,pods -A
          corbel explain edgecluster shop-1 --kubeconfig \(directory)/centre.kubeconfig

        Ctrl-C ends everything.

        """
    }

    private static func seconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
