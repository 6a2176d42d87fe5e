// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import NIOCore
import ServiceLifecycle
import TestSupport
import Testing

@testable import HSMWatchService

/// Says when its group runs: one that is shut down before that throws.
private struct Beginning: Service {
    let began: WakeUp

    func run() async {
        await began.raise()
        try? await gracefulShutdown()
    }
}

/// Runs services as the process does, until `body` is done; then shuts them down gracefully, the last one first.
@ServiceLoop
func running<Answer: Sendable>(_ services: any Service..., body: () async throws -> Answer) async throws -> Answer {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let began = WakeUp()
    let group = ServiceGroup(services: [Beginning(began: began)] + services, logger: logger)
    async let end: Void = group.run()
    do {
        await began.wait()
        let answer = try await body()
        await group.triggerGracefulShutdown()
        try await end
        return answer
    } catch {
        await group.triggerGracefulShutdown()
        try await end
        throw error
    }
}

extension Spool {
    /// Waits until something is there; looks whenever there is something new in the spool.
    func wait<Found>(_ comment: Comment, for find: () async -> Found?) async throws -> Found {
        let signal = WakeUp()
        notify(signal)
        let deadline = Instant.now + limit
        let timer = ServiceLoop.after(limit) { signal.raise() }
        defer { timer.cancel() }
        while true {
            if let found = await find() { return found }
            try #require(Instant.now < deadline, comment)
            await signal.wait()
        }
    }

    /// Waits until something holds; looks whenever there is something new in the spool.
    func wait(_ comment: Comment, until isMet: () -> Bool) async throws {
        _ = try await wait(comment) { isMet() ? true : nil }
    }

    /// What an output gets after a position; who reads matters only where outputs get different messages.
    func messages(after position: Int64) async -> [SpooledMessage] {
        await messages(for: "a", after: position)
    }

    /// The next messages after a position, as soon as there are any.
    func next(for output: String = "a", after position: Int64) async throws -> [SpooledMessage] {
        try await wait("no message after \(position)") {
            let messages = await messages(for: output, after: position)
            return messages.isEmpty ? nil : messages
        }
    }

    /// As many messages after a position, as soon as they are there.
    func next(_ count: Int, for output: String = "a", after position: Int64) async throws -> [SpooledMessage] {
        var messages: [SpooledMessage] = []
        while messages.count < count {
            messages += try await next(for: output, after: messages.last?.position ?? position)
        }
        return messages
    }

    /// Waits until everything appended is on the disk, and handed out to whoever asks.
    func settle() async throws {
        try await wait("the disk has nothing to do") { deadline == nil && released == last }
    }

    /// Has an output take everything that is there for it, and confirm it. Answers the positions.
    func deliver(to output: String) async -> [Int64] {
        var delivered: [Int64] = []
        while true {
            let batch = await messages(for: output, after: cursor(of: output)).map(\.position)
            guard let last = batch.last else { return delivered }
            delivered += batch
            send(output, upTo: last)
            confirm(output, upTo: last)
        }
    }
}
