// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output's snapshot, over loopback", .timeLimit(.minutes(1)))
struct OutputSnapshotTests {
    @Test("tells the connection, what waits, the last confirmation, and why the last connection was lost")
    func snapshot() async throws {
        let folder = try TemporaryFolder()
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: receiver.hostPort)
        #expect(output.snapshot.status.state == .connecting)
        delivery.append(1...3)
        #expect(output.snapshot.spooled == 3)
        try await running(delivery.spool, output) {
            try await delivery.delivered()
            let connected = output.snapshot
            #expect(connected.name == "a")
            #expect(connected.status.state == .connected)
            #expect(connected.status.endpoint == receiver.hostPort)
            #expect(connected.status.confirmedAt != nil)
            #expect(connected.status.lastError == nil)
            #expect(connected.spooled == 0)
            try await receiver.stop()
            try await delivery.noted("Output a cannot deliver")
            let lost = output.snapshot
            #expect(lost.status.state == .down)
            #expect(lost.status.lastError != nil)
            #expect(lost.status.confirmedAt == connected.status.confirmedAt)
            #expect(lost.dropped == 0)
            await receiver.shutDown()
        }
    }
}
