// Docker's event stream, as a reason to look again.
import AsyncHTTPClient
import NIOCore

extension DockerEngine {
    /// Those that change whether, or how well, a container runs. Not exec_*: every health check makes three of them.
    private static let filters = #"{"type":["container"],"event":["create","start","restart","die","destroy","unpause","health_status"]}"#

    func changes() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                var pause = ContainerLimits.firstReconnect
                while !Task.isCancelled {
                    let began = ContinuousClock.now
                    try? await listen { continuation.yield() }
                    // A stream that lived for a while ended because the engine was restarted; one that fails at once is not back yet.
                    pause = ContinuousClock.now - began > .seconds(5) ? ContainerLimits.firstReconnect : pause
                    try? await Task.sleep(for: pause)
                    pause = min(pause * 2, ContainerLimits.slowestReconnect)
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// `docker events`; ticks once when connected, so that what happened before is looked at too.
    private func listen(_ tick: @Sendable () -> Void) async throws {
        let body = try await stream("\(try await prefix())/events?filters=\(DockerHTTP.encode(Self.filters))")
        tick()
        // Events are JSON objects, one a line; which one it is does not matter, so a chunk that ends one is enough.
        for try await chunk in body where chunk.readableBytesView.contains(UInt8(ascii: "\n")) { tick() }
    }
}
