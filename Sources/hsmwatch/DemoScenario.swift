// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

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
