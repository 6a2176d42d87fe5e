// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Logging
import ServiceLifecycle
import UnixSignals

/// The whole service, put together: HSMs → spool → outputs, with what announces and supervises them.
package struct Monitor: Sendable {
    /// Orders to obey: SIGTERM and SIGINT stop, SIGHUP reloads.
    package typealias Signals = any AsyncSequence<UnixSignal, Never> & Sendable

    /// How long the parts may take to end before they are cancelled.
    package static let shutdownTimeout = SignalService.stopTimeout

    private let configuration: Configuration
    private let file: String?
    private let stateDirectory: String
    private let statusSocket: String
    private let inherited: [InheritedDescriptor]?
    private let signals: Signals
    private let logger: Logger

    /// - Parameters:
    ///   - file: where the configuration is read from again at a reload; nil when it cannot be.
    ///   - stateDirectory: where the spool is kept.
    ///   - statusSocket: the path of the Unix socket that `hsmwatch status` asks on.
    ///   - inherited: what the process before has left; nil when no connection may outlive this process.
    ///   - signals: what `trapSignals` answered when the process began, or another's orders.
    package init(
        configuration: Configuration, file: String? = nil, stateDirectory: String, statusSocket: String,
        inherited: [InheritedDescriptor]? = nil, signals: Signals, logger: Logger
    ) {
        self.configuration = configuration
        self.file = file
        self.stateDirectory = stateDirectory
        self.statusSocket = statusSocket
        self.inherited = inherited
        self.signals = signals
        self.logger = logger
    }

    /// What `trapSignals` traps.
    package static let obeyedSignals = SignalService.trapped.map(\.rawValue)

    /// Obeys signals from here on. The command line holds back those that come before.
    package static func trapSignals() async -> Signals {
        await UnixSignalsSequence(trapping: SignalService.trapped)
    }

    /// Where systemd wants the spool, else where it lies on a Debian system.
    package static var defaultStateDirectory: String {
        DirectoryList.first(of: ProcessInfo.processInfo.environment["STATE_DIRECTORY"]) ?? "/var/lib/hsmwatch"
    }

    /// Where systemd wants the status socket, else where the command looks for it.
    package static var defaultStatusSocket: String {
        let directory = DirectoryList.first(of: ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"])
        return directory.map { "\($0)/\(StatusSocket.name)" } ?? StatusClient.defaultPath
    }

    /// Runs until SIGTERM or SIGINT. The parts end in reverse order, so that each can still hand on what it has.
    ///
    /// - Throws: `SpoolRefusal`, before anything is polled or sent, or when another hsmwatch has taken the spool's
    ///   place.
    package func run() async throws {
        try await withTaskExecutorPreference(ServiceLoop.shared.executor) {
            try await start()
        }
    }

    @ServiceLoop
    private func start() async throws {
        let manager = ServiceManager(logger: logger)
        let orders = Orders(signals)
        defer { orders.end() }
        do {
            if let spool = try await openSpool(manager, orders) {
                try await assemble(spool, manager, orders).run()
            } else {
                manager.notify("STOPPING=1", "STATUS=stopping")
            }
        } catch {
            await manager.finish()
            throw error
        }
        await manager.finish()
    }

    @ServiceLoop
    private func assemble(_ spool: Spool, _ manager: ServiceManager, _ orders: Orders) -> ServiceGroup {
        let resolver = Resolver()
        let timer = PollTimer()
        let (armed, ready) = (WakeUp(), WakeUp())
        let stop = StopDeadline { spool.giveUp() }
        let faults = LocalFaultWatch(DescriptorNeed(configuration), limit: OpenFiles.limit) { spool.report($0) }
        let addressBook = HSMAddressBook(configuration.hsms, resolver: resolver)
        let outputs = Outputs(
            configuration.outputs, spool: spool, resolver: resolver, hsms: addressBook, faults: faults, stop: stop,
            logger: logger)
        let fleet = Fleet(
            hsms: configuration.hsms, timer: timer, addressBook: addressBook,
            store: inherited.map { ConnectionStore(inherited: $0, tell: manager.hand) }, spool: spool, armed: armed,
            faults: faults, logger: logger)
        let clock = ClockWatch { spool.report(.clockUnsynchronised(lasted: $0)) }
        let announcer = Announcer(
            heartbeat: configuration.heartbeat, hsms: configuration.hsms.count, timer: timer, fleet: fleet,
            spool: spool, clock: clock)
        let supervisor = Supervisor(
            manager: manager, timer: timer, armed: armed, ready: ready, fleet: fleet, spool: spool, logger: logger)
        let reloader = file.map {
            Reloader(
                configuration, file: $0, ready: ready, supervisor: supervisor, announcer: announcer, fleet: fleet,
                addressBook: addressBook, outputs: outputs, spool: spool, faults: faults, logger: logger)
        }

        let source = StatusSource(fleet: fleet, outputs: outputs, spool: spool, clock: clock, configuration: file)
        let status = StatusServer(path: statusSocket, logger: logger, faults: faults) { source.snapshot }
        status.listen()

        let parts: [any Service] =
            [supervisor, status, spool, outputs, announcer, fleet] + (reloader.map { [$0] } ?? [])
        var group = ServiceGroupConfiguration(
            services: parts.map { .init(service: $0) } + [
                .init(
                    service: SignalService(signals: orders.stream, manager: manager, stop: stop, reloader: reloader),
                    successTerminationBehavior: .gracefullyShutdownGroup)
            ],
            logger: logger)
        group.maximumGracefulShutdownDuration = Self.shutdownTimeout
        return ServiceGroup(configuration: group)
    }

    /// A spool whose disk fails begins in memory. One that another hsmwatch uses, or that this user may not use, is
    /// refused: two services would take two sockets of every HSM. Answers nil when a stop was ordered meanwhile.
    @ServiceLoop
    private func openSpool(_ manager: ServiceManager, _ orders: Orders) async throws -> Spool? {
        let opening = SpoolOpening(of: SpoolDisk(file: SpoolFile(directory: stateDirectory)))
        let start = SpoolStart(opening: opening, directory: stateDirectory, manager: manager, orders: orders)
        do {
            guard let opened = try await start.run() else { return nil }
            return Spool(
                disk: opening.disk, opened: opened, late: opening.result == nil ? opening : nil,
                outputs: configuration.outputs.map { Subscription($0) }, limits: configuration.spool,
                encoder: MessageEncoder(configuration: configuration), logger: logger)
        } catch {
            logger.note(.spoolRefused(error))
            manager.notify("STATUS=not started: \(error)")
            throw error
        }
    }
}

/// The signals of the whole run: an order to stop is obeyed while the spool is opened, and every order is kept for the
/// `SignalService`, which begins after that.
@ServiceLoop
final class Orders {
    /// The most orders that wait for the `SignalService`. When more come, the oldest are dropped.
    private nonisolated static let limit = 16

    /// For the `SignalService`.
    let stream: AsyncStream<UnixSignal>
    private(set) var isStopOrdered = false
    /// Called when a stop is ordered.
    var onStop: () -> Void = {}
    private var pump: Task<Void, Never>?

    init(_ signals: Monitor.Signals) {
        let (stream, orders) = AsyncStream.makeStream(
            of: UnixSignal.self, bufferingPolicy: .bufferingNewest(Self.limit))
        self.stream = stream
        pump = Task { await take(signals, for: orders) }
    }

    func end() {
        pump?.cancel()
    }

    private func take(
        _ signals: some AsyncSequence<UnixSignal, Never> & Sendable, for orders: AsyncStream<UnixSignal>.Continuation
    ) async {
        for await signal in signals {
            orders.yield(signal)
            guard signal != .sighup else { continue }
            isStopOrdered = true
            onStop()
        }
        orders.finish()
    }
}

/// When the service must have stopped: `limit` after the signal, whatever hangs.
///
/// The parts end one after the other, so the time that one takes is missing to the next.
@ServiceLoop
final class StopDeadline {
    /// How long a stop may take, from the signal to the end of the process.
    nonisolated static let limit = Duration.seconds(5)
    /// The end of this time, for all that comes after the outputs: the spool's last commit, and the end of the process.
    nonisolated static let reserve = Duration.seconds(1)
    /// The end of this time, for the end of the process: the disk is waited for no longer.
    nonisolated static let exitReserve = Duration.milliseconds(500)

    private let giveUpDisk: () -> Void
    private var instant: Instant?

    /// - Parameter giveUpDisk: called when the stop can wait no longer for the disk.
    init(giveUpDisk: @escaping () -> Void = {}) {
        self.giveUpDisk = giveUpDisk
    }

    /// The stop begins now.
    func begin() {
        guard instant == nil else { return }
        instant = .now + Self.limit
        ServiceLoop.after(Self.limit - Self.exitReserve, do: giveUpDisk)
    }

    /// How long the outputs may still deliver, `drainTimeout` at the most.
    func timeForOutputs(atMost drainTimeout: Duration) -> Duration {
        guard let instant else { return drainTimeout }
        return min(drainTimeout, max(.zero, instant - .now - Self.reserve))
    }
}
