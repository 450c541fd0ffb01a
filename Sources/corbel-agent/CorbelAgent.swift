import CorbelAPI
import Effects
import Glibc

/// The program `corbel-agent`: composition only. It ends with 0, or with 1 after one line on standard error that says
/// what went wrong.
@main
struct CorbelAgent {
    static func main() async {
        do {
            switch try AgentCommand(Array(CommandLine.arguments.dropFirst())) {
            case .run(let configuration): try await AgentProcess(configuration: configuration).run()
            case .version: print("corbel-agent \(CorbelVersion.current)")
            case .help: print(AgentCommand.usage, terminator: "")
            }
        } catch let error as UsageError {
            fail(error.message, hint: "`corbel-agent help` shows what there is")
        } catch let error as StatusError {
            fail(error.message)
        } catch {
            fail("\(error)")
        }
    }

    private static func fail(_ message: String, hint: String? = nil) -> Never {
        let text = "error: \(message)\n" + (hint.map { "hint: \($0)\n" } ?? "")
        // Nothing can be done about a standard error that takes no bytes.
        _ = Array(text.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(1)
    }
}
