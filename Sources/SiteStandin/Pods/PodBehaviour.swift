import CorbelAPI

/// How a pod that is not run behaves, as its annotation says.
enum PodBehaviour: Hashable {
    static let annotation = "standin.corbel.dev/behaviour"

    case normal
    /// The container ends with an error as soon as it starts, again and again.
    case crashLoop
    case imagePullBackOff
    case neverReady
    /// The pod takes this long to end, within its grace period.
    case slowTermination(Duration)

    /// An unknown word is no behaviour of its own.
    init(_ pod: Pod) {
        let text = pod.annotations[Self.annotation] ?? ""
        let prefix = "slow-termination="
        switch text {
        case "crash-loop": self = .crashLoop
        case "image-pull-backoff": self = .imagePullBackOff
        case "never-ready": self = .neverReady
        case _ where text.hasPrefix(prefix):
            self = Int(text.dropFirst(prefix.count)).map { .slowTermination(.seconds(max(0, $0))) } ?? .normal
        default: self = .normal
        }
    }
}
