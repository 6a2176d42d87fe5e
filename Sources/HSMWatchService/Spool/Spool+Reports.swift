// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What the spool has to say, and takes in like any other event.
extension Spool {
    /// Logs an event, and appends it.
    package func report(_ event: Event) {
        logger.note(.event(event))
        append(event)
    }

    /// Logs what happened to hsmwatch itself just now, and appends it.
    package func report(_ action: ServiceAction) {
        report(Event(timestamp: .now, content: .service(action)))
    }

    /// What to tell of messages that an earlier process may have lost; nil when there is nothing to tell. The caller appends it before it waits for anything: the
    /// commit that takes the message also forgets the loss.
    package func takeLoss() -> String? {
        defer { missingSince = nil }
        return missingSince.map {
            "the last run did not close the spool; messages since \($0.utcText) may be missing"
        }
    }
}
