/// What a demo is asked for.
public struct DemoSettings: Sendable {
    /// Where everything is kept: absolute.
    public var directory: String
    /// The program `corbel` and its neighbour `corbel-standin`.
    public var corbelPath: String
    public var standinPath: String
    /// The directory with `packs` and `profiles`.
    public var examplesDirectory: String
    /// How many machines there are, where a scenario does not need another number.
    public var hosts: Int
    /// How many times faster than the clock the cluster's time runs, 1 to 30.
    public var speed: Int
    /// What chance follows from, where a scenario leaves something to it.
    public var seed: UInt64

    /// Where a demo leaves an intent that brings the next operating system to its cluster.
    public static func nextSystemPath(in directory: String) -> String { directory + "/os-2.2.0.yaml" }

    public init(
        directory: String, corbelPath: String, standinPath: String, examplesDirectory: String, hosts: Int, speed: Int,
        seed: UInt64
    ) {
        self.directory = directory
        self.corbelPath = corbelPath
        self.standinPath = standinPath
        self.examplesDirectory = examplesDirectory
        self.hosts = hosts
        self.speed = speed
        self.seed = seed
    }
}
