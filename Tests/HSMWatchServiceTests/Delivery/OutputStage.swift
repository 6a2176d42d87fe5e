// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Logging
import TestSupport
import Testing

@testable import HSMWatchService

/// A spool in a folder of its own, and the outputs that a test gives it.
@ServiceLoop
final class OutputStage {
    let spool: Spool
    let notes = Notes()

    convenience init(in folder: TemporaryFolder, outputs: String...) {
        self.init(in: folder, subscriptions: outputs.map { Subscription(name: $0) })
    }

    init(
        in folder: TemporaryFolder, subscriptions: [Subscription], limits: SpoolConfiguration = SpoolConfiguration()
    ) {
        spool = Spool(
            file: SpoolFile(directory: folder.path), outputs: subscriptions,
            limits: limits, encoder: MessageEncoder(source: "test"), logger: notes.logger)
    }

    /// An output that waits as long as a service's, unless a test says otherwise, but confirms often.
    func output(
        _ name: String = "a", to endpoints: HostPort..., tls: TLSConfiguration? = nil,
        confirm: Duration? = .milliseconds(100),
        drainTimeout: Duration = Output.drainTimeout, patience: Duration = DeliveryWindow.patience,
        lasting: Duration = Outage.lasting, resolve: Resolver.Resolve? = nil
    ) -> Output {
        output(
            OutputConfiguration(name: name, endpoints: endpoints, tls: tls, confirm: confirm),
            drainTimeout: drainTimeout, patience: patience, lasting: lasting, resolve: resolve)
    }

    /// An output of any type.
    func output(
        _ configuration: OutputConfiguration, drainTimeout: Duration = Output.drainTimeout,
        patience: Duration = DeliveryWindow.patience, lasting: Duration = Outage.lasting,
        resolve: Resolver.Resolve? = nil, hsms: HSMAddressBook? = nil
    ) -> Output {
        let resolver = Resolver()
        return Output(
            configuration: configuration, spool: spool,
            resolve: resolve ?? { resolver.resolve(host: $0, port: $1, then: $2) }, hsms: hsms, logger: notes.logger,
            drainTimeout: drainTimeout, patience: patience, lasting: lasting)
    }

    func append(_ numbers: ClosedRange<Int>, length: Int = 0) {
        for number in numbers { spool.append(.numbered(number, length: length)) }
    }

    /// Waits until an output has delivered all there is.
    func delivered(_ name: String = "a") async throws {
        try await spool.wait("\(name) delivers: \(notes)") { spool.cursor(of: name) == spool.last }
    }

    /// Waits until something was logged.
    func noted(_ beginning: String, times: Int = 1) async throws {
        try await spool.wait("not noted: \(beginning); but: \(notes)") { notes.count(beginning) >= times }
    }
}

extension Receiver {
    /// One on a free port of the loopback.
    static func started() async throws -> Receiver {
        try await start(on: anyPort)
    }

    nonisolated var hostPort: HostPort {
        HostPort(host: address.host, port: UInt16(clamping: address.ports.lowerBound))
    }

    /// What is taken until every sequence number from the first to the last was there, duplicates among it.
    func take(_ sequences: ClosedRange<Int>) async throws -> [StoredMessage] {
        var taken: [StoredMessage] = []
        var missing = Set(sequences)
        while !missing.isEmpty {
            guard let message = try await take(1, within: limit).first?.stored else { continue }
            taken.append(message)
            missing.remove(message.integer("sequence") ?? 0)
        }
        return taken
    }
}

extension [StoredMessage] {
    /// Their `_sequence`s, as they came.
    var sequences: [Int] { compactMap { $0.integer("sequence") } }

    /// The values of `_action`, as they came.
    var actions: [String] { compactMap { $0.string("action") }.filter { $0 != "started" } }
}
