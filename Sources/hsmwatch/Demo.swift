// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService
import HSMWatchSimulation
import Logging
import UnixSignals

/// `hsmwatch demo`: simulated HSMs, the service and a receiver in one process, on free ports of the loopback.
struct Demo: AsyncParsableCommand, SignalObeying {
    static let configuration = CommandConfiguration(
        abstract: "Simulated HSMs, the service and a Graylog receiver together: nothing to install or configure.",
        discussion: """
            Five HSMs are polled. One fills up until it has no socket left, and is freed again; another stops answering \
            for a while. Each line is a message as Graylog would store it. Ends after --duration, or on Ctrl-C.
            """
    )

    @Option(
        help: ArgumentHelp(
            "How long it runs: a whole number with ms, s, m, h or d, from 1s to 1d (default: 40s).", valueName: "d"),
        transform: { try DurationText.parse($0, in: Self.durations) })
    var duration = Duration.seconds(40)

    private static let durations = Duration.seconds(1)...Duration.seconds(86_400)

    static let obeyedSignals = Monitor.obeyedSignals

    func run() async throws {
        let signals = await Monitor.trapSignals()
        // The messages themselves are what there is to see.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        let directory = FileManager.default.temporaryDirectory.appending(path: "hsmwatch-demo-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }

        let receiver = try await Receiver.start(on: .free)
        let scenario = try await DemoScenario.start()
        printToStandardError(
            "demo: \(scenario.hsms.count) HSMs and a GELF receiver at \(receiver.address), for"
                + " \(DurationText.format(duration)); Ctrl-C ends it")
        let socket = directory.appending(path: "status.sock").path
        printToStandardError("demo: meanwhile, elsewhere: hsmwatch status --watch --socket \(socket)")
        let (orders, order) = AsyncStream.makeStream(of: UnixSignal.self)
        let monitor = Monitor(
            configuration: scenario.configuration(receiver: receiver.address), stateDirectory: directory.path,
            statusSocket: socket, signals: orders, logger: Logger(label: "hsmwatch"))

        try await withThrowingTaskGroup { group in
            group.addTask {
                await print(receiver)
                order.yield(.sigterm)
            }
            group.addTask { try await scenario.play() }
            group.addTask { await forward(signals, to: order) }
            group.addTask { [duration] in
                try await Task.sleep(for: duration)
                order.yield(.sigterm)
            }
            try await monitor.run()
            await receiver.shutDown()
            group.cancelAll()
        }
        await scenario.stop()
        let facts = await receiver.facts
        printToStandardError(
            "demo: Graylog would have stored \(counted(facts.stored, "message"))"
                + (facts.dropped == 0 ? "" : ", and dropped \(facts.dropped)"))
    }

    /// Prints what arrives until the receiver is shut down, or nobody reads any more.
    private func print(_ receiver: Receiver) async {
        while let message = await receiver.next() {
            guard (try? StandardOutput.write(message)) != nil else { return }
        }
    }

    private func forward(
        _ signals: some AsyncSequence<UnixSignal, Never>, to order: AsyncStream<UnixSignal>.Continuation
    ) async {
        for await signal in signals {
            order.yield(signal)
        }
    }
}
