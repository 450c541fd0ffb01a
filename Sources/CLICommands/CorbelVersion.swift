/// The version of this program.
public enum CorbelVersion {
    public static let current = "0.1.0"
}
