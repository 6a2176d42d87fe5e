// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Synchronization
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Configuration loader", .timeLimit(.minutes(1)))
struct ConfigurationLoaderTests {
    /// A disk on the network that hangs until it is let go, once for each time it is asked.
    private final class Disk: Sendable {
        private let released = DispatchSemaphore(value: 0)
        private let asked = Atomic(0)

        func release() { released.signal() }

        /// A problem in the line that says how often it was asked.
        func read(_ file: String) -> ConfigurationLoader.Loaded {
            let line = asked.add(1, ordering: .relaxed).newValue
            released.wait()
            return (nil, [ConfigurationProblem(Mark(line: line, column: 1), .error, file)])
        }
    }

    private let disk = Disk()
    private let loader: ConfigurationLoader

    init() {
        loader = ConfigurationLoader(file: "hsmwatch.yaml") { [disk] in disk.read($0) }
    }

    private func load(within limit: Duration = .seconds(60)) async -> [String] {
        await withCheckedContinuation { continuation in
            loader.load(within: limit) {
                continuation.resume(returning: $0.problems.map { $0.rendered(file: "f") })
            }
        }
    }

    @Test("hands on what was read")
    func loads() async {
        disk.release()
        #expect(await load() == ["f:1:1: error: hsmwatch.yaml"])
    }

    @Test("gives up a file that hangs, and drops what comes of it after all")
    func hangs() async {
        let given = await load(within: .milliseconds(20))
        #expect(
            given == [
                "f:1:1: error: the file cannot be read: no answer within 20ms; needed: a disk that answers"
            ])
        disk.release()
        disk.release()
        #expect(await load() == ["f:2:1: error: hsmwatch.yaml"])
    }

    @Test("a file that a reload needs may take 30 s")
    func timeout() {
        #expect(ConfigurationLoader.timeout == .seconds(30))
    }
}
