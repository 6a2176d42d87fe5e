// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),  // SE-0480
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335: `any` says where a value is boxed
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444: a file imports what it uses
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461: async code stays on its caller's executor
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "hsmwatch",
    products: [.executable(name: "hsmwatch", targets: ["hsmwatch"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "HSMWatchCore", swiftSettings: strict),
        .target(
            name: "HSMWatchService",
            dependencies: [
                "CSystemd", "HSMWatchCore", nioCore, nioHTTP1, nioPosix, nioSSL, nioTLS, lifecycle, signals, logging,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HSMWatchGraylog",
            dependencies: [
                "HSMWatchCore", "HSMWatchService", nioCore, nioHTTP1, nioSSL,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "HSMWatchSimulation",
            dependencies: ["HSMWatchCore", nioCore, nioHTTP1, nioPosix, nioSSL],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "hsmwatch",
            dependencies: [
                "HSMWatchCore", "HSMWatchGraylog", "HSMWatchService", "HSMWatchSimulation", lifecycle, signals, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: ["HSMWatchCore", "HSMWatchSimulation", nioCore, nioHTTP1, nioPosix, nioSSL],
            path: "Tests/Support",
            swiftSettings: strict
        ),
        .testTarget(
            name: "HSMWatchCoreTests", dependencies: ["HSMWatchCore", "TestSupport"],
            exclude: ["Display/Golden", "Golden", "Syslog/Golden"],
            swiftSettings: strict),
        .testTarget(
            name: "FuzzingTests",
            dependencies: ["HSMWatchCore", "HSMWatchGraylog", "TestSupport"],
            path: "Tests/Fuzzing",
            exclude: ["Corpus"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HSMWatchServiceTests",
            dependencies: [
                "HSMWatchCore", "HSMWatchService", "HSMWatchSimulation", "TestSupport", nioCore, nioHTTP1, nioPosix,
                nioSSL, lifecycle, logging,
            ],
            exclude: ["BadConfigurations"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "HSMWatchGraylogTests",
            dependencies: [
                "HSMWatchCore", "HSMWatchGraylog", "HSMWatchService", "HSMWatchSimulation", "TestSupport", nioCore,
                nioPosix, nioSSL, logging, lifecycle,
            ],
            exclude: ["Golden", "Recorded"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["hsmwatch", "HSMWatchCore", "HSMWatchSimulation", "TestSupport"],
            path: "Tests/EndToEnd",
            exclude: ["Interposer", "Netty"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SystemdTests",
            dependencies: ["hsmwatch"],
            path: "Tests/Systemd",
            exclude: ["Machine", "Package", "Standby", "container"],
            swiftSettings: strict
        ),
    ]
)
