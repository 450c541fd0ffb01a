/// A rule that judges one Swift file by itself.
protocol FileRule: Sendable {
    var name: String { get }

    func violations(in file: SourceFile) -> [Violation]
}

/// A rule that judges the package as a whole.
protocol HouseRule: Sendable {
    var name: String { get }

    func violations(in house: House) -> [Violation]
}
