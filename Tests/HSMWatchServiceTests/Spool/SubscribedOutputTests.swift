// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output that gets some kinds", .timeLimit(.minutes(1)))
struct SubscribedOutputTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("delivers its kind, and its shutdown does not wait for what lies behind that it does not get")
    func shutdown() async throws {
        let receiver = try await Receiver.started()
        let configuration = OutputConfiguration(
            name: "changes", endpoints: [receiver.hostPort], confirm: .milliseconds(100), events: [.stateChange])
        let spool = Spool(
            file: SpoolFile(directory: folder.path),
            outputs: [Subscription(configuration), Subscription(name: "dead")],
            limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"), logger: Notes().logger)
        let resolver = Resolver()
        let output = Output(
            configuration: configuration, spool: spool,
            resolve: { resolver.resolve(host: $0, port: $1, then: $2) }, logger: Notes().logger,
            drainTimeout: .seconds(3600))
        try await running(spool, output) {
            for _ in 1...3 {
                spool.append(.sample(.stateChange))
                for _ in 1...50 { spool.append(.sample(.reading)) }
            }
            var received: [StoredMessage] = []
            while received.count < 3 {
                received += try await receiver.take(1, within: limit).compactMap(\.stored)
            }
            #expect(received.sequences == [1, 52, 103])
            spool.append(.sample(.heartbeat))
        }
        #expect(spool.cursor(of: "changes") == spool.last)
        #expect(spool.waiting(for: "changes") == 0)
        #expect(spool.waiting(for: "dead") == 154)
    }
}
