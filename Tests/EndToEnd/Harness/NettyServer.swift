// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation

/// A real Netty server in a process of its own: what Graylog's inputs are made of. It closes its connections as those do.
struct NettyServer {
    let arrivals: Watched<Arrivals>
    let address: ListenAddress
    private let process: Child

    /// Where Debian's `libnetty-java` puts its parts.
    private static let jars = ["common", "buffer", "resolver", "transport", "codec", "handler"]
        .map { "/usr/share/java/netty-\($0).jar" }
    private static let source = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Netty/NettyServer.java")

    /// Whether this machine has Java and Netty. Where nothing may be skipped, the test shall fail without them.
    static let isPossible =
        (jars + ["/usr/bin/java", "/usr/bin/javac"]).allSatisfy(FileManager.default.fileExists)
        || ProcessInfo.processInfo.environment["CI"] == "true"

    /// Compiles and starts it; it listens.
    init(on stage: Stage) async throws {
        let classPath = (Self.jars + [stage.folder.path()]).joined(separator: ":")
        let compiled = try await stage.outcome(
            ofTool: "javac", ["-cp", classPath, "-d", stage.folder.path(), Self.source.path()])
        guard compiled.ending == .exited(0) else { throw Failed(compiler: compiled) }
        let arrivals = Watched(Arrivals())
        self.arrivals = arrivals
        address = try await stage.graylogThatIsDown().address
        process = try stage.tool(
            "java", ["-cp", classPath, "NettyServer", "\(address.ports.lowerBound)"], takesInput: true
        ) { data in
            await arrivals.change { $0.add(data) }
        }
        try await order("start")
    }

    struct Failed: Error {
        let compiler: Child.Record
    }

    /// Gives an order and returns when it is obeyed.
    func order(_ word: String, _ number: Int = 0) async throws {
        let obeyed = await process.record.value.count(of: word)
        try process.type("\(word) \(number)")
        _ = try await process.said { $0.count(of: word) > obeyed }
    }
}

extension Child.Record {
    fileprivate func count(of word: String) -> Int {
        errors.split(separator: "\n").count { $0 == word }
    }
}
