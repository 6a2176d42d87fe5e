// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The end of a stop came before the disk had finished a job.
struct DiskGivenUp: Error, CustomStringConvertible {
    var description: String { "the disk has not answered until the end of the stop" }
}

/// What the spool has its disk do, and how long it waits for that.
@ServiceLoop
final class DiskJobs {
    let disk: SpoolDisk
    /// When the disk must have finished the job it has.
    private(set) var deadline: Instant?
    /// Whether nothing waits for the disk any longer.
    private(set) var hasGivenUp = false
    /// Those that wait for the disk.
    private(set) var waits: [WakeUp] = []

    init(of disk: SpoolDisk) {
        self.disk = disk
    }

    /// Has the disk do a job, and waits until it has done it or `giveUp`.
    ///
    /// - Parameter grace: when there must have been progress, for the watchdog; nil where that does not matter.
    /// - Throws: what the job throws, or `DiskGivenUp`. The job goes on then, and may still succeed.
    func ask<Value: Sendable>(
        within grace: Duration? = nil, _ job: @escaping @Sendable (SpoolDisk) async throws -> Value
    ) async throws -> Value {
        guard !hasGivenUp else { throw DiskGivenUp() }
        if let grace { deadline = .now + grace }
        defer { if grace != nil { deadline = nil } }
        let answer = DiskAnswer<Value>()
        waits.append(answer.isThere)
        defer { waits.removeAll { $0 === answer.isThere } }
        Task { @ServiceLoop [disk] in
            do {
                answer.result = .success(try await job(disk))
            } catch {
                answer.result = .failure(error)
            }
            answer.isThere.raise()
        }
        await answer.isThere.wait()
        guard let result = answer.result else { throw DiskGivenUp() }
        return try result.get()
    }

    /// Waits for the disk no longer.
    func giveUp() {
        hasGivenUp = true
        waits.forEach { $0.raise() }
    }
}

@ServiceLoop
private final class DiskAnswer<Value: Sendable> {
    let isThere = WakeUp()
    var result: Result<Value, any Error>?
}
