// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The end of a stop came before the disk had finished a job.
struct DiskGivenUp: Error, CustomStringConvertible {
    var description: String { "the disk has not answered until the end of the stop" }
}

/// How the spool waits for its disk.
extension Spool {
    /// Has the disk do a job, and waits until it has done it or the spool gives up.
    ///
    /// - Parameter grace: when there must have been progress, for the watchdog; nil where that does not matter.
    /// - Throws: what the job throws, or `DiskGivenUp`. The job goes on then, and may still succeed.
    func ask<Value: Sendable>(
        within grace: Duration? = nil, _ job: @escaping @Sendable (SpoolDisk) async throws -> Value
    ) async throws -> Value {
        guard !hasGivenUp else { throw DiskGivenUp() }
        if let grace { jobDeadline = .now + grace }
        defer { if grace != nil { jobDeadline = nil } }
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

    /// Waits for the disk no longer: the stop must end. What only memory has is lost then, and told.
    package func giveUp() {
        hasGivenUp = true
        (waits + readers).forEach { $0.raise() }
    }
}

@ServiceLoop
private final class DiskAnswer<Value: Sendable> {
    let isThere = WakeUp()
    var result: Result<Value, any Error>?
}
