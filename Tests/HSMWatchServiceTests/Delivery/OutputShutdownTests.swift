// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output, at the shutdown", .timeLimit(.minutes(1)))
struct OutputShutdownTests {
    /// A drain's time where a test waits for its end.
    private static let shortDrain = Duration.milliseconds(300)

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// How long the shutdown of an output took that has something to deliver and waits for what never comes.
    private func shutdown(
        _ delivery: OutputStage, _ output: Output, after isStuck: () async throws -> Void
    ) async throws -> Duration {
        var start = Instant.now
        try await running(delivery.spool, output) {
            try await isStuck()
            start = .now
        }
        return .now - start
    }

    @Test("what is left is delivered before the end")
    func drains() async throws {
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            delivery.append(1...2000)
        }
        #expect(delivery.spool.cursor(of: "a") == 2000)
        let taken = try await receiver.take(1...2000)
        #expect(taken.sequences == Array(1...2000))
        await receiver.shutDown()
    }

    @Test("nothing left ends it at once, whether it is connected or not")
    func idle() async throws {
        let refusing = try await Receiver.started()
        try await refusing.stop()
        let delivery = OutputStage(in: folder, outputs: "a")
        let took = try await shutdown(delivery, delivery.output(to: refusing.hostPort, drainTimeout: limit)) {
            try await delivery.noted("Output a cannot deliver")
            delivery.spool.confirm("a", upTo: delivery.spool.last)
        }
        #expect(took < limit)
        await refusing.shutDown()
    }

    @Test(
        "what a Graylog does not read in time stays in the spool, and the next process delivers it with the same numbers"
    )
    func keeps() async throws {
        let (peer, address) = try await Peer.start(.ignores)
        let first = OutputStage(in: folder, outputs: "a")
        first.append(1...600, length: 4000)
        let took = try await shutdown(first, first.output(to: address, drainTimeout: Self.shortDrain)) {
            _ = try await peer.facts { $0.accepted == 1 }
        }
        #expect(took >= Self.shortDrain)
        #expect(took < limit / 2)
        try await peer.stop()
        let confirmed = Int(first.spool.cursor(of: "a"))
        #expect(confirmed < 600)

        let receiver = try await Receiver.started()
        let second = OutputStage(in: folder, outputs: "a")
        #expect(second.spool.waiting == 600 - confirmed)
        try await running(second.spool, second.output(to: receiver.hostPort)) {
            let taken = try await receiver.take((confirmed + 1)...600)
            #expect(taken.sequences.sorted() == Array((confirmed + 1)...600))
            #expect(Set(taken.map { $0.string("instance") }).count == 1)
        }
        await receiver.shutDown()
    }

    @Test("a resolver that never answers does not hold it up")
    func resolver() async throws {
        let asked = WakeUp()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(to: HostPort(host: "h", port: 1), drainTimeout: Self.shortDrain) { _, _, _ in
            asked.raise()
        }
        let took = try await shutdown(delivery, output) { await asked.wait() }
        #expect(took < limit / 2)
        #expect(delivery.spool.waiting == 1)
    }

    @Test("a connection that is never made does not hold it up")
    func connecting() async throws {
        let full = try FullListener()
        defer { full.close() }
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let address = HostPort(host: "127.0.0.1", port: UInt16(full.port))
        let output = delivery.output(to: address, drainTimeout: Self.shortDrain)
        let took = try await shutdown(delivery, output) { _ = try await delivery.spool.next(after: 0) }
        #expect(took < limit / 2)
        #expect(delivery.spool.waiting == 1)
    }

    @Test("a pause before the next connection does not hold it up: there is one more attempt")
    func pausing() async throws {
        let receiver = try await Receiver.started()
        try await receiver.stop()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            try await delivery.noted("Output a cannot deliver")
            try await receiver.start()
        }
        #expect(try await receiver.take(1...6).sequences == Array(1...6))
        await receiver.shutDown()
    }

    @Test("a cancellation ends it without a drain")
    func cancelled() async throws {
        let (peer, address) = try await Peer.start(.ignores)
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: address, drainTimeout: limit)
        delivery.append(1...600, length: 4000)
        let spool = delivery.spool
        let tasks = [Task { _ = try? await spool.run() }, Task { await output.run() }]
        _ = try await peer.facts { $0.accepted == 1 }
        let start = Instant.now
        for task in tasks.reversed() {
            task.cancel()
            await task.value
        }
        #expect(.now - start < limit / 2)
        try await peer.stop()
    }
}
