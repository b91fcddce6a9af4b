// node.crash: the kernel panics.
public import FaultModel

/// Crashes the kernel by sysrq, as a bug in it would.
public struct NodeCrash: FaultKind {
    public struct Parameters: Sendable {
        var delay: Duration
    }

    public init() {}

    public let name = "node.crash"
    public let summary = "Crash the kernel"
    public let details = """
        Writes c to /proc/sysrq-trigger a moment after the answer: the kernel panics without writing anything back to disk. It boots again by itself \
        only if kernel.panic says after how many seconds. Refused in containers and lab nodes, which share the kernel of their host.
        """
    public var manual: KindManual {
        KindManual(
            touches: NodePower.touches,
            undo: """
                Until the delay is over it is called off. After that nothing undoes it: ask for it with allow_irreversible=true. faultd closes \
                the fault after the boot, ended by reboot. What had not been written to disk is lost.
                """,
            backstop: NodePower.backstop,
            next: """
                With kernel.panic=0 the node hangs until somebody resets it; with kdump it first saves its memory. Filesystems replay their journals.
                """)
    }
    public let requires: [Capability] = [.sysrq]
    public var fields: [FieldDescription] { [NodePower.delay.description] }
    public var examples: [KindExample] {
        [
            KindExample("Now", [:]),
            KindExample("Five seconds from now", ["delay": "5s"]),
        ]
    }

    public func parameters(_ reader: inout SpecReader) -> Parameters {
        Parameters(delay: reader.read(NodePower.delay) ?? .seconds(1))
    }

    public func needs(_ parameters: Parameters) -> NodeQuery { NodeQuery() }

    public func plan(_ parameters: Parameters, on node: NodeView) throws(Problem) -> Plan {
        NodePower.plan(.crash, force: true, delay: parameters.delay)
    }
}
