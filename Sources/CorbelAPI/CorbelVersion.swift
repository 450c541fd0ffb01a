/// The version of the project's programs.
public enum CorbelVersion {
    public static let current = "0.1.0"
}
