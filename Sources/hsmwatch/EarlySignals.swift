// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A command that ends in good order, or does something else, at some signals.
protocol SignalObeying {
    /// What it traps, as soon as it runs.
    static var obeyedSignals: [CInt] { get }
}

/// Signals that come before a command can obey them.
enum EarlySignals {
    private static let held = [SIGTERM, SIGINT, SIGHUP]

    /// Holds back the signals that a command may obey; what comes meanwhile stays pending. A write to a closed pipe fails
    /// from here on and does not end the process.
    ///
    /// Call it on the main thread, before there is any other: each thread inherits which signals are blocked.
    static func hold() {
        signal(SIGPIPE, SIG_IGN)
        mask(SIG_BLOCK, held)
    }

    /// Lets the signals through that the command does not obey, to the main thread. The others stay blocked: Dispatch reads
    /// them by signalfd(2), which needs that.
    static func release(for command: Any) {
        let obeyed = (command as? any SignalObeying).map { type(of: $0).obeyedSignals } ?? []
        mask(SIG_UNBLOCK, held.filter { !obeyed.contains($0) })
    }

    private static func mask(_ how: CInt, _ signals: [CInt]) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(how, &set, nil)
    }
}
