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

    /// Prints what arrives until the receiver is shut down, or stdout has no reader.
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

/// The HSMs of the demo, and what happens to them.
struct DemoScenario: Sendable {
    /// Sockets of each HSM.
    private static let total = 128
    /// The HSM that fills up, and the one that stops answering.
    private static let filling = 2
    private static let hanging = 3

    let hsms: [HSMSimulator]

    /// Starts five HSMs on free ports, each with some of its sockets in use.
    static func start() async throws -> DemoScenario {
        var hsms: [HSMSimulator] = []
        for inUse in [3, 9, 14, 6, 21] {
            hsms.append(try await HSMSimulator.start(on: .free, behaviour: HSMBehaviour(total: total, inUse: inUse)))
        }
        return DemoScenario(hsms: hsms)
    }

    func configuration(receiver: ListenAddress) -> Configuration {
        let entries = hsms.enumerated().map { index, hsm in
            HSMConfiguration(
                name: "khi-\(index + 1)", address: hsm.address.hostPort,
                interval: .seconds(1), timeout: .milliseconds(500),
                alert: AlertConfiguration(warning: .absolute(100), critical: .absolute(50)),
                fields: [Field(name: "site", value: "demo")])
        }
        return Configuration(
            source: "demo", heartbeat: .seconds(10), hsms: entries,
            outputs: [OutputConfiguration(name: "graylog", endpoints: [receiver.hostPort])])
    }

    /// One HSM loses its sockets within 15 seconds, is empty for 5 and is then freed; another hangs meanwhile. Then
    /// all over again, until the task is cancelled.
    func play() async throws {
        while true {
            for second in 0..<15 {
                try await Task.sleep(for: .seconds(1))
                try await hsms[Self.filling].change { $0.inUse = min(Self.total, $0.inUse + 9) }
                if second == 5 {
                    try await hsms[Self.hanging].change { $0.fault = .hang }
                }
                if second == 12 {
                    try await hsms[Self.hanging].change { $0.fault = .none }
                }
            }
            try await Task.sleep(for: .seconds(5))
            try await hsms[Self.filling].change { $0.inUse = 14 }
            try await Task.sleep(for: .seconds(10))
        }
    }

    func stop() async {
        for hsm in hsms {
            await hsm.stop()
        }
    }
}

extension ListenAddress {
    /// A free port of the loopback.
    static let free = ListenAddress(host: "127.0.0.1", port: 0)

    /// The one port that is listened on, as a client names it.
    fileprivate var hostPort: HostPort {
        HostPort(host: host, port: UInt16(clamping: ports.lowerBound))
    }
}
