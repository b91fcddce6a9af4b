// The threads of NIO, which every client and the server share.
import NIOCore

public enum EventLoops {
    /// One loop for what little traffic a daemon has: sockets of this node, a hundred callers at most. To be called before anything makes a loop.
    public static func useOne() {
        NIOSingletons.groupLoopCountSuggestion = 1
        NIOSingletons.blockingPoolThreadCountSuggestion = 2
    }
}
