// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport

/// Debian's rsyslog or syslog-ng in a process of its own: it receives what the service sends as syslog, and prints what it
/// has understood.
struct SyslogServer {
    /// What it did instead of listening.
    struct Failed: Error {
        let record: SyslogRecord
        let process: Child.Record
    }

    /// What came to it, and to those before it on the port.
    let record: Watched<SyslogRecord>
    private let input: SyslogInput
    private let stage: Stage
    private let address: ListenAddress
    private let certificate: String
    private let timeZone: String
    private var process: Child?

    /// In the stage's folder.
    private static let configuration = "syslog.conf"
    /// Below the ports that the kernel hands out.
    private static let port = 20514
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
        .standardizedFileURL
    /// Where `make test` unpacks them.
    private static let packages = root.appending(path: ".build/syslog-servers")

    /// Whether the servers are unpacked. Where nothing may be skipped, the tests shall fail without them.
    static let isPossible =
        FileManager.default.fileExists(atPath: packages.appending(path: "complete").path())
        || ProcessInfo.processInfo.environment["CI"] == "true"
    static let need = "needs Debian's rsyslog and syslog-ng: scripts/unpack-syslog-servers .build/syslog-servers"

    /// Starts it; it listens.
    ///
    /// - Parameter timeZone: what it takes times for that do not say it, as in `$TZ`.
    init(_ input: SyslogInput, on stage: Stage, timeZone: String = "UTC0") async throws {
        self.input = input
        self.stage = stage
        self.timeZone = timeZone
        record = Watched(SyslogRecord())
        // An address of the loopback that nobody else uses: nobody takes the port, not even while the server is stopped.
        let parts = (1...3).map { _ in "\(Int.random(in: 1...254))" }
        address = ListenAddress(host: "127.\(parts.joined(separator: "."))", port: Self.port)
        certificate = stage.folder.appending(path: "syslog.pem").path()
        let key = stage.folder.appending(path: "syslog.key").path()
        if input.isEncrypted {
            try await Self.makeCertificate(certificate, key: key, for: address, on: stage)
        }
        let configuration = input.configuration(
            listeningOn: address, certificate: certificate, key: key, folder: stage.folder.path())
        _ = try stage.write(configuration, to: Self.configuration)
        try await start()
    }

    /// The entry of `ConfigurationText.otherOutputs` that sends to it.
    ///
    /// - Parameters:
    ///   - confirm: how often delivery is confirmed over TCP; the default makes one connection, since a server may read two
    ///     in any order.
    ///   - more: further keys.
    func output(_ name: String, confirm: String = "1h", _ more: String...) -> String {
        let endpoint = "name: \(name), endpoints: [\"\(address)\"]"
        let transport = input.isUDP ? ["type: syslog-udp"] : ["type: syslog-tcp", "confirm: \(confirm)"]
        let tls = input.isEncrypted ? ["tls: {ca: \"\(certificate)\"}"] : []
        return ([endpoint] + transport + tls + more).joined(separator: ", ")
    }

    /// Starts it again after its stop.
    mutating func start() async throws {
        await record.change { $0.startOver() }
        let before = await record.value
        let process = try stage.tool(
            "TZ=\(timeZone)",
            [Self.root.appending(path: "scripts/run-syslog-server").path(), Self.packages.path(), input.program]
                + input.arguments(
                    configuration: stage.folder.appending(path: Self.configuration).path(), folder: stage.folder.path())
        ) { [record] data in
            await record.change { $0.add(data) }
        }
        self.process = process
        let after = try await record.value { $0.starts > before.starts }
        // rsyslog goes on without a port that it cannot have.
        guard after.complaints.count == before.complaints.count else {
            throw Failed(record: after, process: await process.record.value)
        }
    }

    /// Stops it as systemd does, and returns when it has ended.
    mutating func stop() async throws {
        try await process?.ended(by: SIGTERM)
    }

    private static func makeCertificate(
        _ certificate: String, key: String, for address: ListenAddress, on stage: Stage
    ) async throws {
        let made = try await stage.outcome(
            ofTool: "openssl",
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"]
                + ["-subj", "/CN=syslog", "-addext", "subjectAltName=IP:\(address.host)"]
                + ["-keyout", key, "-out", certificate])
        guard made.ending == .exited(0) else { throw Failed(record: SyslogRecord(), process: made) }
    }
}
