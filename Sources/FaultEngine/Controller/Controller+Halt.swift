// The big red button: everything is undone and nothing new is taken until it is lifted; it survives restarts.
public import FaultModel
import Logging

extension Controller {
    public func halt(reason: String?, by caller: Caller) async throws(Problem) -> HaltDocument {
        let halt = Halt(by: caller, at: clock.now().wall, reason: reason)
        // In force before it is durable: a journal that can't be written must not keep anybody from stopping everything.
        halted = halt
        haltCount += 1
        persistLater([.halt(halt), announce(.haltSet, nil, "halted by \(caller.name)" + (reason.map { ": \($0)" } ?? ""))])
        logger.warning("halted by \(caller.name)")
        let ended = await endAll(live.ids.reversed(), .halt)
        await settleJournal()
        return HaltDocument(halt, reverted: ended.filter(\.state.isFinal).map(\.id), stuck: ended.filter { !$0.state.isFinal }.map(\.id))
    }

    public func haltState() -> HaltDocument { HaltDocument(halted) }

    public func resume(by caller: Caller) async throws(Problem) -> HaltDocument {
        guard let halted else { return HaltDocument(nil) }
        guard policy.isAdmin(caller) || halted.by.isSameUser(as: caller) else {
            throw Problem(
                .notOwner, "the halt was set by \(halted.by.name), and you are \(caller.name)",
                hint: "ask \(halted.by.name), or an admin of this node, to lift it")
        }
        let count = haltCount
        try await persist([.halt(nil)])
        guard haltCount == count else { throw stillHalted() }
        self.halted = nil
        persistLater([announce(.haltLifted, nil, "lifted by \(caller.name)")])
        return HaltDocument(nil)
    }

    /// Somebody halted while an earlier halt was being lifted: theirs stands, in the journal too, which may have the two in the other order.
    private func stillHalted() -> Problem {
        persistLater([.halt(halted)])
        let who = halted?.by.name ?? "somebody"
        return Problem(.halted, "\(who) halted again while this was being lifted", hint: "lift that as well, when whoever set it agrees")
    }
}
