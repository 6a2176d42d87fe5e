// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A container in which this machine's own systemd runs hsmwatch as `make install` installs it.
///
/// It boots once for all tests, judges every script of `Machine/claims` and powers off; what remains are their
/// verdicts. `Machine/boot` bounds how long that takes.
enum Machine {
    private enum Boot {
        /// Every claim was judged; the folder holds `CLAIM.verdict`, `CLAIM.log` and `CLAIM.journal`.
        case judged(verdicts: URL)
        /// systemd cannot be booted here.
        case impossible(reason: String)
    }

    private struct BootFailed: Error, CustomStringConvertible {
        let description: String
    }

    /// With this exit status `Machine/boot` says that systemd cannot be booted here; Automake's convention for a skip.
    private static let skipped: Int32 = 77
    /// How the verdict begins of a claim that cannot be judged here; the reason follows.
    private static let notJudged = "not judged: "

    private static let boot = Task { try await bootAndJudge() }

    /// Expects that the claim, a script in `Machine/claims`, was found true.
    ///
    /// Where systemd cannot be booted, or the claim cannot be judged, the test is cancelled with the reason. In CI that is
    /// a failure.
    static func expect(_ claim: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        switch try await boot.value {
        case .impossible(let reason): try skip(reason, sourceLocation)
        case .judged(let verdicts):
            let content = { (kind: String) in
                try String(contentsOf: verdicts.appending(path: "\(claim).\(kind)"), encoding: .utf8)
            }
            let verdict = try content("verdict")
            guard verdict != "passed\n" else { return }
            if verdict.hasPrefix(notJudged) {
                return try skip(String(verdict.dropFirst(notJudged.count).dropLast()), sourceLocation)
            }
            let evidence = try "\(verdict)--- log\n\(content("log"))--- journal\n\(content("journal"))"
            Issue.record("\(evidence)", sourceLocation: sourceLocation)
        }
    }

    private static func skip(_ reason: String, _ sourceLocation: SourceLocation) throws {
        guard ProcessInfo.processInfo.environment["CI"] == "true" else {
            try Test.cancel("Not tested: \(reason)", sourceLocation: sourceLocation)
        }
        Issue.record("Not tested, which CI does not accept: \(reason)", sourceLocation: sourceLocation)
    }

    private static func bootAndJudge() async throws -> Boot {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let output = products.appending(path: "SystemdTests.output")
        let said = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Machine/boot")
        process.arguments = [products.appending(path: "hsmwatch").path(), output.path()]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = said
        process.standardError = said
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }

        // A few lines, which the pipe holds until here: what takes part in the boot writes into files.
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        switch status {
        case 0: return .judged(verdicts: output.appending(path: "verdicts"))
        case skipped: return .impossible(reason: text)
        default: throw BootFailed(description: "Machine/boot ended with status \(status): \(text)")
        }
    }
}
