// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// Reads the configuration file for a running service: not on its loop, since thousands of HSMs take a while and are
/// polled meanwhile, and not for ever, since a disk on the network may hang.
@ServiceLoop
final class ConfigurationLoader {
    typealias Loaded = (configuration: Configuration?, problems: [ConfigurationProblem])

    /// How long the file may take.
    nonisolated static let timeout = Duration.seconds(30)

    private let file: String
    private let read: @Sendable (String) -> Loaded
    /// One read at a time: a file that hangs takes one thread, however often it is asked for.
    private let queue = DispatchQueue(label: "hsmwatch.configuration")
    /// Who waits for the read that was begun last, and what gives that up.
    private var waiting: (number: Int, timer: DelayedWork, take: (Loaded) -> Void)?
    private var begun = 0

    /// - Parameters:
    ///   - file: the path of the configuration file.
    ///   - read: what may block.
    init(
        file: String,
        read: @escaping @Sendable (String) -> Loaded = { ConfigurationFile.load($0) }
    ) {
        self.file = file
        self.read = read
    }

    /// Reads and checks the file. `take` is called once: with what came of it, or with a problem when that takes too long.
    /// What comes later is dropped.
    ///
    /// - Parameter limit: a constant to all but a test.
    func load(within limit: Duration = ConfigurationLoader.timeout, then take: @escaping (Loaded) -> Void) {
        begun += 1
        let number = begun
        let timer = ServiceLoop.after(limit) { [weak self] in
            let message =
                "the file cannot be read: no answer within \(DurationText.format(limit)); needed: a disk that answers"
            self?.finish(number, (nil, [ConfigurationProblem(Mark(line: 1, column: 1), .error, message)]))
        }
        waiting?.timer.cancel()
        waiting = (number, timer, take)
        queue.async { [file, read, weak self] in
            let loaded = read(file)
            Task { @ServiceLoop in self?.finish(number, loaded) }
        }
    }

    private func finish(_ number: Int, _ loaded: Loaded) {
        guard let waiting, waiting.number == number else { return }
        waiting.timer.cancel()
        self.waiting = nil
        waiting.take(loaded)
    }
}
