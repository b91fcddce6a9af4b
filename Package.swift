// swift-tools-version: 6.2
// faultd: faults under leases on one Linux node. The rooms and who may import whom: docs/architecture.md.
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// What `make release` builds says which commit it is of; any other build says what Sources/CRelease/release.c does.
let version: [CSetting] = Context.environment["FAULTD_VERSION"].map { [.define("FAULTD_VERSION", to: "\"\($0)\"")] } ?? []

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "faultd",
    products: [
        .executable(name: "faultd", targets: ["faultd"]),
        .executable(name: "faultctl", targets: ["faultctl"]),
    ],
    dependencies: [
        // The traits of Hummingbird and swift-protobuf that are off would pull in the whole of Foundation.
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2.git", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    ],
    targets: [
        .systemLibrary(name: "CNetfilter", pkgConfig: "libiptc", providers: [.apt(["libiptc-dev", "libip4tc-dev", "libip6tc-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLinux"),
        // Only the programs import it: another version must not compile everything anew.
        .target(name: "CRelease", cSettings: version),

        .target(name: "FaultModel", swiftSettings: strict),
        .target(name: "FaultKinds", dependencies: ["FaultModel"], swiftSettings: strict),
        .target(
            name: "FaultEngine",
            dependencies: ["FaultModel", "FaultKinds", "CSQLite", logging, .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: strict),
        .target(
            name: "FaultHost",
            dependencies: [
                "FaultModel", "CNetfilter", "CSystemd", "CLinux", logging, asyncHTTPClient, nioCore, nioPosix, nioHTTP1,
                .product(name: "GRPCCore", package: "grpc-swift-2"),
                .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            // Its generated Swift is beside it; the file says how to make it anew.
            exclude: ["Containers/CRI/runtime.proto"],
            swiftSettings: strict),
        .target(
            name: "FaultServer",
            dependencies: [
                "FaultModel", "FaultEngine", logging, lifecycle, nioCore, nioPosix,
                .product(name: "HummingbirdCore", package: "hummingbird"), httpTypes,
            ],
            swiftSettings: strict),
        .target(name: "FaultClient", dependencies: ["FaultModel", asyncHTTPClient, nioCore, nioHTTP1], swiftSettings: strict),

        .executableTarget(
            name: "faultd",
            dependencies: [
                "FaultServer", "FaultEngine", "FaultHost", "FaultKinds", "FaultModel", "CRelease", "CSystemd", "CYAML", "CLinux", logging,
                lifecycle, argumentParser, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .executableTarget(name: "faultctl", dependencies: ["FaultClient", "FaultModel", "CRelease", argumentParser], swiftSettings: strict),

        // Not a product: what `make bench` runs on a lab node.
        .executableTarget(
            name: "faultd-bench",
            dependencies: ["FaultModel", "CNetfilter", "CSQLite", "CSystemd", "CLinux", argumentParser, nioCore, nioHTTP1, nioPosix],
            path: "Tests/bench", exclude: ["run"], swiftSettings: strict),

        .target(
            name: "FaultTesting", dependencies: ["FaultModel", "FaultKinds", "FaultEngine", logging], path: "Tests/FaultTesting",
            swiftSettings: strict),
        .testTarget(name: "FaultModelTests", dependencies: ["FaultModel"], swiftSettings: strict),
        .testTarget(name: "FaultKindsTests", dependencies: ["FaultKinds", "FaultModel", "FaultTesting"], swiftSettings: strict),
        .testTarget(
            name: "FaultEngineTests", dependencies: ["FaultEngine", "FaultKinds", "FaultModel", "FaultTesting"], exclude: ["Journals"],
            swiftSettings: strict),
        .testTarget(name: "FaultHostTests", dependencies: ["FaultHost", "FaultModel", "FaultTesting"], swiftSettings: strict),
        .testTarget(
            name: "FaultServerTests",
            dependencies: ["FaultServer", "FaultEngine", "FaultModel", "FaultTesting", logging, lifecycle, httpTypes], swiftSettings: strict),
        .testTarget(name: "FaultClientTests", dependencies: ["FaultClient", "faultctl", "FaultModel", nioCore], swiftSettings: strict),
        .testTarget(name: "BenchTests", dependencies: ["faultd-bench", "FaultModel"], swiftSettings: strict),
        .testTarget(
            name: "LabTests", dependencies: ["FaultClient", "FaultModel", "FaultTesting", "faultd"], exclude: ["Goldens"], swiftSettings: strict),
    ]
)
