// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import TestSupport

/// A process that a test has started, seen from outside: what it says, and how it ends.
struct Child: Sendable {
    /// How a process ended.
    enum Ending: Hashable, Sendable {
        case exited(Int32)
        case killed(by: Int32)
    }

    /// All that a process has said until now.
    struct Record: Sendable, CustomStringConvertible {
        fileprivate var outputBytes = Data()
        fileprivate var errorBytes = Data()
        fileprivate var openStreams = 2
        fileprivate var exit: Ending?

        /// What came on stdout.
        var output: String { String(decoding: outputBytes, as: UTF8.self) }
        /// What came on stderr.
        var errors: String { String(decoding: errorBytes, as: UTF8.self) }
        /// The lines of stdout.
        var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: true) }
        /// How it ended; `nil` as long as it runs or something it said has not been read.
        var ending: Ending? { openStreams == 0 ? exit : nil }

        var description: String {
            "\(exit.map { "\($0)" } ?? "running")\n--- stdout\n\(output)--- stderr\n\(errors)"
        }
    }

    /// What the process said, for those who wait for more.
    let record = Watched(Record())
    let processIdentifier: pid_t
    private let input: FileHandle?

    /// Starts a program with exactly this environment.
    ///
    /// - Parameters:
    ///   - takesInput: whether `type` will write to its stdin; else that is empty.
    ///   - takeOutput: gets what comes on stdout, in order, instead of the record.
    init(
        _ program: URL, _ arguments: [String], environment: [String: String], takesInput: Bool = false,
        takeOutput: (@Sendable (Data) async -> Void)? = nil
    ) throws {
        let process = Process()
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = program
        process.arguments = arguments
        process.environment = environment
        process.standardInput = takesInput ? input : FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [record] process in
            let status = process.terminationStatus
            let exit = process.terminationReason == .exit ? Ending.exited(status) : .killed(by: status)
            Task { await record.change { $0.exit = exit } }
        }
        try Self.withOrdinarySignals(process.run)
        processIdentifier = process.processIdentifier
        self.input = takesInput ? input.fileHandleForWriting : nil
        collect(
            output.fileHandleForReading,
            takeOutput ?? { [record] data in
                await record.change { $0.outputBytes.append(data) }
            })
        collect(errors.fileHandleForReading) { [record] data in
            await record.change { $0.errorBytes.append(data) }
        }
    }

    /// Does something as systemd would: a process inherits which signals are blocked and which are ignored. A thread of
    /// Dispatch blocks most; nohup(1) and a shell's background job ignore some.
    private static func withOrdinarySignals(_ start: () throws -> Void) rethrows {
        var (none, present) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &present)
        let handlers = [SIGHUP, SIGINT].map { ($0, Glibc.signal($0, SIG_DFL)) }
        defer {
            for (number, handler) in handlers { _ = Glibc.signal(number, handler) }
            pthread_sigmask(SIG_SETMASK, &present, nil)
        }
        try start()
    }

    /// Writes a line to its stdin.
    func type(_ line: String) throws {
        try input?.write(contentsOf: Data((line + "\n").utf8))
    }

    func signal(_ number: Int32) {
        kill(processIdentifier, number)
    }

    /// What it has said when `condition` is met.
    func said(
        within limit: Duration = patience, when condition: @escaping @Sendable (Record) -> Bool
    ) async throws -> Record {
        try await record.value(within: limit, when: condition)
    }

    /// All that it said, when it has ended.
    @discardableResult
    func ended(within limit: Duration = patience) async throws -> Record {
        try await said(within: limit) { $0.ending != nil }
    }

    /// Signals it, and answers all that it said when it has ended.
    @discardableResult
    func ended(by number: Int32) async throws -> Record {
        signal(number)
        return try await ended()
    }

    /// Ends it if it still runs, whatever it thinks of that.
    func end() async throws {
        guard await record.value.exit == nil else { return }
        try await ended(by: SIGKILL)
    }

    /// Reads a stream in the order of its bytes, until its end, on a thread of its own: a readability handler of
    /// Foundation sometimes misses the end.
    private func collect(_ stream: FileHandle, _ take: @escaping @Sendable (Data) async -> Void) {
        let (chunks, chunk) = AsyncStream.makeStream(of: Data.self)
        DispatchQueue(label: "stream of \(processIdentifier)").async {
            var data = stream.availableData
            while !data.isEmpty {
                chunk.yield(data)
                data = stream.availableData
            }
            chunk.finish()
        }
        Task { [record] in
            for await data in chunks {
                await take(data)
            }
            await record.change { $0.openStreams -= 1 }
        }
    }
}
