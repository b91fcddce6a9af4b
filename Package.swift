// swift-tools-version: 6.2
// faultd: faults under leases on one Linux node.
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .treatAllWarnings(as: .error),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let package = Package(
    name: "faultd",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .target(name: "FaultModel", swiftSettings: strict),
        .target(name: "FaultKinds", dependencies: ["FaultModel"], swiftSettings: strict),
        .target(
            name: "FaultEngine",
            dependencies: ["FaultModel", "FaultKinds", "CSQLite", logging, .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: strict),
        .target(
            name: "FaultTesting", dependencies: ["FaultModel", "FaultKinds", "FaultEngine", logging], path: "Tests/FaultTesting",
            swiftSettings: strict),
        .testTarget(name: "FaultEngineTests", dependencies: ["FaultEngine", "FaultKinds", "FaultModel", "FaultTesting"], swiftSettings: strict),
        .testTarget(name: "FaultModelTests", dependencies: ["FaultModel"], swiftSettings: strict),
        .testTarget(name: "FaultKindsTests", dependencies: ["FaultKinds", "FaultModel", "FaultTesting"], swiftSettings: strict),
    ]
)
