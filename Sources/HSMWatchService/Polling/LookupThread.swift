// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A thread for one call that may block for long.
///
/// A thread of its own, since Dispatch's and Swift's are few and shared: a call that hangs there would hold up all that
/// runs on them, the handling of signals among it.
enum LookupThread {
    private final class Work: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Begins to do something on a thread that ends with it. Answers 0, or the errno of pthread_create(3).
    static func start(_ run: @escaping @Sendable () -> Void) -> CInt {
        let work = Unmanaged.passRetained(Work(run))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            return status
        }
        pthread_detach(thread)
        return 0
    }
}
