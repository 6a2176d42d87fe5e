// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

/// Graylog loses what it has read when it is killed: here a receiver that has lost everything.
@ServiceLoop
@Suite("Output, when Graylog loses what it had read", .timeLimit(.minutes(1)))
struct OutputRewindTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func stage(rewind: Duration) -> OutputStage {
        OutputStage(in: folder, subscriptions: [Subscription(name: "a", rewind: rewind)])
    }

    @Test("what was confirmed within rewind is sent again after the peer closed the connection, and does not wait")
    func killed() async throws {
        let receiver = try await Receiver.started()
        let delivery = stage(rewind: .seconds(60))
        delivery.append(1...50)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...50)
            try await delivery.delivered()
            #expect(delivery.spool.waiting == 0)
            #expect(delivery.spool.waiting(for: "a") == 0)
            try await receiver.stop()
            try await delivery.noted("Output a cannot deliver")
            #expect(delivery.spool.waiting == 1)
            try await receiver.start()
            let again = try await receiver.take(1...52)
            #expect(Array(again.sequences.prefix(51)) == Array(1...51))
            try await delivery.noted("Output a delivers again")
            try await delivery.delivered()
        }
        #expect("\(delivery.notes)".contains("(50 of them confirmed before)"), "\(delivery.notes)")
        await receiver.shutDown()
    }

    @Test("every outage brings all of it again, one after the other")
    func twice() async throws {
        let receiver = try await Receiver.started()
        let delivery = stage(rewind: .seconds(60))
        delivery.append(1...50)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...50)
            for outage in 1...2 {
                try await delivery.delivered()
                let before = Int(delivery.spool.last)
                try await receiver.stop()
                try await delivery.noted("Output a cannot deliver", times: outage)
                try await receiver.start()
                _ = try await receiver.take(1...(before + 1))
                try await delivery.noted("Output a delivers again", times: outage)
            }
        }
        await receiver.shutDown()
    }

    @Test("with rewind 0 nothing that was confirmed is sent again")
    func off() async throws {
        let receiver = try await Receiver.started()
        let delivery = stage(rewind: .zero)
        delivery.append(1...50)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...50)
            try await delivery.delivered()
            try await receiver.stop()
            try await delivery.noted("Output a cannot deliver")
            try await receiver.start()
            let after = try await receiver.take(51...52)
            #expect(after.sequences.min() == 51)
        }
        await receiver.shutDown()
    }

    @Test("what was confirmed is kept over a restart of our own")
    func restarted() async throws {
        let receiver = try await Receiver.started()
        let first = stage(rewind: .seconds(60))
        first.append(1...50)
        try await running(first.spool, first.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...50)
            try await first.delivered()
        }
        try await receiver.stop()
        let second = stage(rewind: .seconds(60))
        #expect(second.spool.waiting == 0)
        try await running(second.spool, second.output(to: receiver.hostPort)) {
            try await second.noted("Output a cannot deliver")
            try await receiver.start()
            _ = try await receiver.take(1...51)
        }
        await receiver.shutDown()
    }

    @Test("a peer that never was Graylog brings nothing again")
    func foreign() async throws {
        let receiver = try await Receiver.started()
        let (peer, foreign) = try await Peer.start(.greets("220 mail.example.net\r\n"))
        let delivery = stage(rewind: .seconds(60))
        delivery.append(1...20)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            _ = try await receiver.take(1...20)
            try await delivery.delivered()
        }
        let other = stage(rewind: .seconds(60))
        other.append(1...1)
        try await running(other.spool, other.output(to: foreign, receiver.hostPort)) {
            try await other.noted("Output a cannot deliver to \(foreign): the peer is not Graylog")
            let taken = try await receiver.take(21...22)
            #expect(taken.sequences.min() == 21)
        }
        try await peer.stop()
        await receiver.shutDown()
    }
}
