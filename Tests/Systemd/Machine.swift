// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A container in which a real systemd runs hsmwatch.
///
/// It boots once for all tests, judges every script of its folder and powers off; what remains are their verdicts. Its
/// `boot` bounds how long that takes.
final class Machine: Sendable {
    /// This machine's own systemd, with hsmwatch as `make install` installs it. Judges `Machine/claims`, each afresh.
    static let installed = Machine("Machine", subject: products.appending(path: "hsmwatch"))

    /// A fresh Debian, in which the package of `make deb` lives through `Package/chapters`, one after the other.
    static let packaged = Machine("Package", subject: project.appending(path: ".build"))

    private enum Boot {
        /// Every claim was judged; the folder holds `CLAIM.verdict`, `CLAIM.log` and `CLAIM.journal`.
        case judged(verdicts: URL)
        /// systemd cannot be booted here.
        case impossible(reason: String)
    }

    private struct BootFailed: Error, CustomStringConvertible {
        let description: String
    }

    /// With this exit status `boot` says that systemd cannot be booted here; Automake's convention for a skip.
    private static let skipped: Int32 = 77
    /// How the verdict begins of a claim that cannot be judged here; the reason follows.
    private static let notJudged = "not judged: "

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    private static let project = folder.deletingLastPathComponent().deletingLastPathComponent()
    private static let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

    private let boot: Task<Boot, any Error>

    /// - Parameters:
    ///   - name: the folder that has `boot`.
    ///   - subject: what is judged, the first argument of `boot`.
    private init(_ name: String, subject: URL) {
        boot = Task { try await Self.bootAndJudge(name, subject: subject) }
    }

    /// Expects that the claim, a script in the machine's folder, was found true.
    ///
    /// Where systemd cannot be booted, or the claim cannot be judged, the test is cancelled with the reason. In CI that is
    /// a failure.
    func expect(_ claim: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        switch try await boot.value {
        case .impossible(let reason): try skip(reason, sourceLocation)
        case .judged(let verdicts):
            let content = { (kind: String) in
                try String(contentsOf: verdicts.appending(path: "\(claim).\(kind)"), encoding: .utf8)
            }
            let verdict = try content("verdict")
            guard verdict != "passed\n" else { return }
            if verdict.hasPrefix(Self.notJudged) {
                return try skip(String(verdict.dropFirst(Self.notJudged.count).dropLast()), sourceLocation)
            }
            let evidence = try "\(verdict)--- log\n\(content("log"))--- journal\n\(content("journal"))"
            Issue.record("\(evidence)", sourceLocation: sourceLocation)
        }
    }

    private func skip(_ reason: String, _ sourceLocation: SourceLocation) throws {
        guard ProcessInfo.processInfo.environment["CI"] == "true" else {
            #if compiler(>=6.3)
                try Test.cancel("Not tested: \(reason)", sourceLocation: sourceLocation)
            #else
                // A test of Swift 6.2 cannot skip itself once it runs.
                return print("Not tested: \(reason)")
            #endif
        }
        Issue.record("Not tested, which CI does not accept: \(reason)", sourceLocation: sourceLocation)
    }

    private static func bootAndJudge(_ name: String, subject: URL) async throws -> Boot {
        let output = products.appending(path: "SystemdTests.\(name)")
        let said = Pipe()
        let process = Process()
        process.executableURL = folder.appending(path: "\(name)/boot")
        process.arguments = [subject.path(), output.path()]
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
        default: throw BootFailed(description: "\(name)/boot ended with status \(status): \(text)")
        }
    }
}
