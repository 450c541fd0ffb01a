/// How an image of an operating system behaves on a host.
enum ImageBehaviour: String, CaseIterable {
    case good
    /// It panics before the agent starts; the watchdog resets the machine.
    case panics
    /// It hangs before the agent starts; the watchdog resets the machine later.
    case hangs
    /// The agent runs, and the machine resets itself a little later, again and again.
    case dropsDead
    /// Everything runs but the kubelet.
    case sick

    /// How long the watchdog takes, counted from the boot loader; nil where an agent gets to run.
    var watchdog: Duration? {
        switch self {
        case .panics: .seconds(30)
        case .hangs: .seconds(120)
        case .good, .dropsDead, .sick: nil
        }
    }
}
