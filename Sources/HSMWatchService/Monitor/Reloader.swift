// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle
import UnixSignals

/// Puts a new configuration into effect, or says why not: a configuration that is refused changes nothing.
@ServiceLoop
final class Reloader: Service {
    private let file: String
    private let loader: ConfigurationLoader
    private let ready: WakeUp
    private let supervisor: Supervisor
    private let announcer: Announcer
    private let fleet: Fleet
    private let addressBook: HSMAddressBook
    private let outputs: Outputs
    private let spool: Spool
    private let faults: LocalFaultWatch
    private var logger: Logger
    private var configuration: Configuration
    private var isWanted = false
    private var isLoading = false
    private var loaded: ConfigurationLoader.Loaded?
    private var isFinishing = false
    private let wake = WakeUp()

    /// - Parameters:
    ///   - configuration: the one in effect.
    ///   - file: the path of the one to come.
    ///   - ready: raised when the service has begun; a request before waits for that.
    init(
        _ configuration: Configuration, file: String, ready: WakeUp, supervisor: Supervisor, announcer: Announcer,
        fleet: Fleet, addressBook: HSMAddressBook, outputs: Outputs, spool: Spool, faults: LocalFaultWatch,
        logger: Logger
    ) {
        self.configuration = configuration
        self.file = file
        loader = ConfigurationLoader(file: file)
        self.ready = ready
        self.supervisor = supervisor
        self.announcer = announcer
        self.fleet = fleet
        self.addressBook = addressBook
        self.outputs = outputs
        self.spool = spool
        self.faults = faults
        self.logger = logger
    }

    /// Wants a reload. Several requests that come while one is under way are one more.
    func reload() {
        isWanted = true
        wake.raise()
    }

    /// Reloads as often as it is asked to, until the graceful shutdown or a cancellation; a disk that does not answer
    /// delays neither.
    func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await ready.wait()
            while !isFinishing {
                if let loaded {
                    self.loaded = nil
                    isLoading = false
                    supervisor.reloaded(problem: take(loaded))
                }
                if isWanted, !isLoading { begin() }
                await wake.wait()
            }
        } onCancelOrGracefulShutdown: {
            Task { @ServiceLoop in
                self.isFinishing = true
                self.ready.raise()
                self.wake.raise()
            }
        }
    }

    private func begin() {
        isWanted = false
        isLoading = true
        supervisor.reloading()
        loader.load { [weak self] loaded in
            self?.loaded = loaded
            self?.wake.raise()
        }
    }

    /// Puts into effect what was read. Answers what is wrong with it.
    private func take(_ loaded: ConfigurationLoader.Loaded) -> String? {
        let shortage = loaded.configuration.flatMap(OpenFiles.problem)
        for problem in loaded.problems + [shortage].compactMap(\.self) {
            logger.note(.configurationProblem(problem, file: file))
        }
        guard let new = loaded.configuration else {
            let reason = ConfigurationProblem.firstError(of: loaded.problems, in: file)
            announcer.tell(.reloadFailed(reason: reason))
            return reason
        }
        change(to: new)
        return nil
    }

    private func change(to new: Configuration) {
        let old = configuration
        configuration = new
        let changes = ConfigurationChanges(from: old, to: new)
        logger.logLevel = Logger.Level(new.logLevel)
        if new.heartbeat != old.heartbeat { announcer.change(heartbeat: new.heartbeat) }
        faults.change(DescriptorNeed(new))
        addressBook.change(to: new.hsms)
        outputs.change(changes.outputs, to: new.outputs)
        spool.change(
            outputs: new.outputs.map { Subscription($0) }, limits: new.spool,
            encoder: MessageEncoder(configuration: new))
        fleet.change(changes.hsms, to: new.hsms)
        announcer.tell(.reloaded(changes))
    }
}

extension MessageEncoder {
    /// The encoder that a configuration wants.
    package init(configuration: Configuration) {
        self.init(source: configuration.source ?? MachineName.current, runbook: configuration.runbook)
    }
}

/// Obeys the signals that were trapped when the process began: SIGTERM and SIGINT end the service in good order, SIGHUP
/// reloads the configuration.
struct SignalService: Service {
    /// The signals to trap before anything else is done.
    static let trapped: [UnixSignal] = [.sigterm, .sigint, .sighup]

    /// How long the service manager waits for the end: above what a stop takes, on a machine or a disk that is slow.
    static let stopTimeout = StopDeadline.limit * 2

    let signals: Monitor.Signals
    let manager: ServiceManager
    let stop: StopDeadline
    /// Nil when there is no file to reload.
    let reloader: Reloader?

    /// Returns when the service must stop.
    func run() async {
        await obey(signals)
    }

    private func obey(_ signals: some AsyncSequence<UnixSignal, Never> & Sendable) async {
        for await signal in signals.cancelOnGracefulShutdown() {
            guard signal == .sighup else {
                return await announceStop()
            }
            await reloader?.reload()
        }
    }

    @ServiceLoop
    private func announceStop() {
        stop.begin()
        let microseconds = Self.stopTimeout.wholeNanoseconds / 1000
        manager.notify("STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=\(microseconds)")
    }
}
