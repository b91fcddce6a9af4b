// What names a network namespace: mounts, and artefacts found in one.
import FaultModel
import Testing

@testable import FaultHost

@Suite struct NamespaceTextTests {
    @Test func mountsOfNetworkNamespacesAreFound() {
        let text = """
            21 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
            71 24 0:4 net:[4026532200] /run/netns/cni-1 rw shared:9 - nsfs nsfs rw
            72 24 0:4 mnt:[4026532201] /run/snapd/ns/a.mnt rw - nsfs nsfs rw
            73 24 0:4 net:[4026532202] /run/a\\040b\\134c rw - nsfs nsfs rw
            """
        #expect(
            NamespaceSearch.mounted(in: text, below: "/below") == [
                FoundNamespace(inode: 4_026_532_200, place: "/below/run/netns/cni-1"),
                FoundNamespace(inode: 4_026_532_202, place: "/below/run/a b\\c"),
            ])
    }

    @Test func anArtefactTellsWhereItIs() throws {
        let plain = Artefact.rules(try .forTest())
        #expect(plain.place == nil && plain.withoutPlace == plain)
        let inside = plain.at(4_026_532_200)
        #expect(inside.name.hasSuffix(" in the network namespace net:[4026532200]"))
        #expect(inside.place == 4_026_532_200 && inside.withoutPlace == plain && inside.fault == plain.fault)
    }
}
