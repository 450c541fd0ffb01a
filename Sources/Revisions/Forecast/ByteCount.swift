/// Numbers of bytes, for people.
public enum ByteCount {
    /// With three digits and a decimal unit, such as `1.73 GB`.
    public static func text(_ bytes: Int64) -> String {
        var (scale, unit) = (Int64(1), "B")
        for next in ["kB", "MB", "GB", "TB"] where bytes / scale >= 1000 { (scale, unit) = (scale * 1000, next) }
        guard scale > 1 else { return "\(bytes) B" }
        let hundredths = bytes / (scale / 100)
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        if whole >= 100 { return "\(whole) \(unit)" }
        if whole >= 10 { return "\(whole).\(rest / 10) \(unit)" }
        return "\(whole).\(rest < 10 ? "0" : "")\(rest) \(unit)"
    }
}
