// What others have in a built-in chain, as a fingerprint to compare with later.
import FaultModel

extension Table {
    /// The chain without our jumps, rules with a mark, and counters.
    func print(of chain: PacketChain) -> ChainPrint {
        var (count, print) = (0, Fingerprint())
        forEachRule(of: chain.rawValue) { _, rule in
            if rule.mark != nil || isJump(rule) { return }
            count += 1
            rule.addMeaning(to: &print, target: targetName(of: rule))
        }
        return ChainPrint(
            family: family, chain: chain, policy: policy(of: chain), rules: count, digest: print.text,
            table: kind == .filter ? nil : kind)
    }

    /// Whether it is one of our jumps, wherever it stands.
    private func isJump(_ rule: EntryView) -> Bool {
        guard rule.hasComment(Self.jumpComment) else { return false }
        let target = target(of: rule)
        return PacketChain.allCases.contains { $0.ours == target }
    }
}

extension ChainPrint {
    /// Of a chain in a table that the kernel has not set up.
    static func untouched(_ place: ChainPlace) -> ChainPrint {
        ChainPrint(
            family: place.family, chain: place.chain, policy: "ACCEPT", rules: 0, digest: Fingerprint().text,
            table: place.kind == .filter ? nil : place.kind)
    }
}

extension EntryView {
    /// What the rule says, and nothing that differs between two snapshots of it: counters, the kernel's own bookkeeping, what was in memory
    /// behind the end of a name, and the offset that a jump has only in this table. Private parts of parameters are zeros from Linux 4.11 on.
    /// - Parameter target: a verdict, a chain or an extension.
    func addMeaning(to print: inout Fingerprint, target: UnsafePointer<CChar>?) {
        print.add(UnsafeRawBufferPointer(start: base, count: layout.inverse + 1))
        var offset = layout.size
        while offset < targetOffset, size(ofExtension: offset) > 0 {
            add(extension: offset, to: &print)
            offset += size(ofExtension: offset)
        }
        print.add(text: target)
        // A verdict or a jump has no name of its own here, and its parameter is the offset.
        if name(ofExtension: targetOffset).pointee != 0 { add(extension: targetOffset, to: &print) }
    }

    private func add(extension offset: Int, to print: inout Fingerprint) {
        print.add(text: name(ofExtension: offset))
        print.add(UInt64(base.load(fromByteOffset: offset + Extension.revisionOffset, as: UInt8.self)))
        let size = max(0, size(ofExtension: offset) - Extension.headerSize)
        print.add(UnsafeRawBufferPointer(start: base + offset + Extension.headerSize, count: size))
    }

    private func name(ofExtension offset: Int) -> UnsafePointer<CChar> {
        (base + offset + Extension.nameOffset).assumingMemoryBound(to: CChar.self)
    }
}
