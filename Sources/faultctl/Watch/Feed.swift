// Everything that a live view reacts to, in one stream.
import Dispatch
import FaultClient
import FaultModel
import Glibc

enum Input: Sendable {
    case update(EventUpdate)
    /// The daemon was never there, or refuses.
    case failed(Problem)
    case tick
    case key(UInt8)
    case signal(Int32)
    /// An answer that the view itself asked for.
    case snapshot(Snapshot?)
}

/// Merges events, a clock, keys and signals; ends with `stop()`.
final class Feed: Sendable {
    let inputs: AsyncStream<Input>
    private let sink: AsyncStream<Input>.Continuation
    private let tasks: [Task<Void, Never>]
    private let sources: Sources

    /// Dispatch's sources may be made, resumed and cancelled on any thread.
    private struct Sources: @unchecked Sendable {
        var all: [any DispatchSourceProtocol]
    }

    init(_ client: FaultClient, every period: Duration, signals: [Int32], keys: Bool) {
        let (inputs, sink) = AsyncStream.makeStream(of: Input.self)
        self.inputs = inputs
        self.sink = sink
        tasks = [Task { await Self.events(client, sink) }, Task { await Self.ticks(period, sink) }]
        sources = Sources(all: signals.map { Self.signal($0, sink) } + (keys ? [Self.keys(sink)] : []))
    }

    func send(_ input: Input) { sink.yield(input) }

    func stop() {
        for task in tasks { task.cancel() }
        for source in sources.all { source.cancel() }
        sink.finish()
    }

    private static func events(_ client: FaultClient, _ sink: AsyncStream<Input>.Continuation) async {
        do {
            for try await update in client.eventUpdates() { sink.yield(.update(update)) }
        } catch {
            sink.yield(.failed(error as? Problem ?? Problem(.internalError, "\(error)")))
        }
    }

    private static func ticks(_ period: Duration, _ sink: AsyncStream<Input>.Continuation) async {
        while (try? await Task.sleep(for: period)) != nil { sink.yield(.tick) }
    }

    /// The default action is taken away first, or the signal would end the program before anybody hears of it.
    private static func signal(_ number: Int32, _ sink: AsyncStream<Input>.Continuation) -> any DispatchSourceProtocol {
        Glibc.signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { @Sendable in sink.yield(.signal(number)) }
        source.resume()
        return source
    }

    private static func keys(_ sink: AsyncStream<Input>.Continuation) -> any DispatchSourceProtocol {
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: .global())
        source.setEventHandler { @Sendable in
            var byte: UInt8 = 0
            if read(STDIN_FILENO, &byte, 1) == 1 { sink.yield(.key(byte)) } else { sink.yield(.signal(SIGHUP)) }
        }
        source.resume()
        return source
    }
}
