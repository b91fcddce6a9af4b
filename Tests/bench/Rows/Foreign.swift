// Rules of others, by the thousands, as their own tools put them.

enum Foreign {
    /// In the legacy filter tables of both families, in a chain of theirs.
    static func putIptables(_ count: Int, _ bench: Bench) throws {
        for (tool, network, length) in [("iptables-legacy-restore", "10.", 32), ("ip6tables-legacy-restore", "fd00::", 128)] {
            let rules = (0..<count).map { number in
                let address = length == 32 ? "\(network)\(number >> 16).\(number >> 8 & 255).\(number & 255)" : network + hex(number)
                return "-A THEIRS -s \(address)/\(length) -p tcp -m tcp --dport \(1 + number % 65535) -j DROP"
            }
            try restore("*filter\n:THEIRS - [0:0]\n\(rules.joined(separator: "\n"))\nCOMMIT\n", Tool(tool), [], bench)
        }
    }

    /// In a table of theirs for each family.
    static func putNftables(_ count: Int, _ bench: Bench) throws {
        for (family, address) in [("ip", "ip saddr 10."), ("ip6", "ip6 saddr fd00::")] {
            let rules = (0..<count).map { number in
                let rest = family == "ip" ? "\(number >> 16).\(number >> 8 & 255).\(number & 255)" : hex(number)
                return "\(address)\(rest) tcp dport \(1 + number % 65535) drop"
            }
            try restore("table \(family) theirs {\nchain out {\n\(rules.joined(separator: "\n"))\n}\n}\n", Tool("nft"), ["-f"], bench)
        }
    }

    private static func hex(_ number: Int) -> String { String(number, radix: 16) }

    private static func restore(_ text: String, _ tool: Tool, _ arguments: [String], _ bench: Bench) throws {
        let path = bench.folder + "/theirs"
        try Tool("mkdir").run(["-p", bench.folder])
        try File.write(path, text)
        try tool.run(arguments + [path])
    }
}
