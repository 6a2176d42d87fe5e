// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport

/// A real Netty server in a process of its own: what Graylog's inputs are made of. It closes its connections as those do.
final class NettyServer {
    let arrivals: Watched<Arrivals>
    let address: ListenAddress
    private let start: () throws -> Child
    private var process: Child

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
    ///
    /// - Parameter identity: its certificate and key for TLS; nil for plain TCP.
    init(on stage: Stage, identity: (certificate: String, key: String)? = nil) async throws {
        let classPath = (Self.jars + [stage.folder.path()]).joined(separator: ":")
        let compiled = try await stage.outcome(
            ofTool: "javac", ["-cp", classPath, "-d", stage.folder.path(), Self.source.path()])
        guard compiled.ending == .exited(0) else { throw Failed(compiler: compiled) }
        let arrivals = Watched(Arrivals())
        self.arrivals = arrivals
        address = try await stage.graylogThatIsDown().address
        var arguments = ["-cp", classPath, "NettyServer", "\(address.ports.lowerBound)"]
        if let identity { arguments += [identity.certificate, identity.key] }
        start = { [arguments] in
            try stage.tool("java", arguments, takesInput: true) { data in
                await arrivals.change { $0.add(data) }
            }
        }
        process = try start()
        try await order("start")
    }

    /// Kills it, with all that it has read and not printed, and starts another that does not listen yet.
    func die() async throws {
        process.signal(SIGKILL)
        _ = try await process.ended()
        await arrivals.change { $0.startOver() }
        process = try start()
    }

    struct Failed: Error {
        let compiler: Child.Record
    }

    /// A certificate for the loopback, which is its own authority, and its key.
    static func identity(on stage: Stage) async throws -> (certificate: String, key: String) {
        let (certificate, key) = (stage.folder.path() + "/netty.pem", stage.folder.path() + "/netty.key")
        let made = try await stage.outcome(
            ofTool: "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", "/CN=netty", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
            ])
        guard made.ending == .exited(0) else { throw Failed(compiler: made) }
        return (certificate, key)
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
