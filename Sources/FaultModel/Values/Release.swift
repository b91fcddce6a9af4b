// Which faultd this is.

public enum Release {
    /// The version of daemon, command line and library alike.
    public static let version = "0.1.0"
}
