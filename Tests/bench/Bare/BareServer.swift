// A SwiftNIO server of HTTP/1.1 on a Unix socket that answers "ok": what any daemon of its kind costs at least.
import ArgumentParser
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

struct BareServer: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bare-server", abstract: "Answer ok on a Unix socket.", shouldDisplay: false)

    @Argument var path: String
    @Argument var notify: String

    func run() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try ServerBootstrap(group: group).childChannelInitializer { channel in
            channel.pipeline.configureHTTPServerPipeline().flatMapThrowing { try channel.pipeline.syncOperations.addHandler(Handler()) }
        }.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).wait()
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let text = Array("READY=1".utf8)
        guard UnixAddress.use(notify, { sendto(descriptor, text, text.count, 0, $0, $1) }) == text.count else { throw Failure.system("say READY=1") }
        close(descriptor)
        try server.closeFuture.wait()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "2"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "ok")))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    /// Started from outside, as a process.
    struct Process {
        let child: Child
        let socketPath: String
        let startTook: Double

        init(in folder: String) throws {
            try Tool("mkdir").run(["-p", folder])
            socketPath = folder + "/socket"
            let ready = try ReadySocket(folder + "/notify")
            let start = Clock.now()
            child = try Child("/proc/self/exe", ["bare-server", socketPath, folder + "/notify"], output: "/dev/null")
            try ready.wait()
            startTook = Clock.milliseconds(since: start)
        }

        func end() {
            kill(child.pid, SIGKILL)
            child.wait()
        }
    }
}
