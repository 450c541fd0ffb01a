import ArgumentParser

/// A duration in Go's notation: `90s`, `5m`, `1h30m`, `7d`.
struct DurationArgument: ExpressibleByArgument, Sendable, Hashable {
    var duration: Duration

    private static let units: [(name: String, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        var rest = argument[...]
        var seconds = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard digits.count <= 9, let number = Int(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let unit = Self.units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
            rest = rest.dropFirst(unit.name.count)
            seconds += number * unit.seconds
        }
        guard !argument.isEmpty else { return nil }
        duration = .seconds(seconds)
    }

    var defaultValueDescription: String {
        let seconds = Int(duration.components.seconds)
        let unit = Self.units.first { seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.name)"
    }
}
