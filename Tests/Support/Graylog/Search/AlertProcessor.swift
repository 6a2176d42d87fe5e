// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Graylog's event processor over time: which notifications go out when, of messages that arrive one after the other.
///
/// As on live servers, each window is looked at once, shortly after its end: what arrives later, or has a time before it,
/// raises nothing. As long as no message at all arrives, no window is looked at. The grace period limits notifications,
/// not events.
package struct AlertProcessor: Sendable {
    /// How long after its end a window is looked at: mails came 5 to 21 s after a change, with windows of 15 s.
    package static let lag = Duration.seconds(5)
    /// Messages with an older time are in no window any more.
    private static let memory = Duration.seconds(7200)

    /// A rule, and the end of the window that it looks at next.
    private struct Schedule: Sendable {
        let rule: AlertRule
        var end: Timestamp

        var due: Timestamp { end.advanced(AlertProcessor.lag) }
    }

    /// What two events must share so that the second is not notified.
    private struct Subject: Hashable, Sendable {
        let rule: String
        let key: [String]
    }

    /// Whether other applications send messages, too, all the time.
    private let hasOtherSenders: Bool
    private let texts: [String: NotificationText]
    private var schedules: [Schedule]
    private var messages: [StoredMessage] = []
    private var latestArrival: Timestamp
    private var quietUntil: [Subject: Timestamp] = [:]
    /// What has gone out, in order.
    package private(set) var notifications: [SentNotification] = []

    /// - Parameter start: when the pack was installed.
    package init(_ pack: JSONValue, startingAt start: Timestamp, hasOtherSenders: Bool = true) throws {
        schedules = try AlertRule.rules(of: pack).map { Schedule(rule: $0, end: start.advanced($0.distance)) }
        texts = try NotificationText.all(of: pack)
        latestArrival = start
        self.hasOtherSenders = hasOtherSenders
    }

    /// A message is stored at `now`.
    package mutating func store(_ message: StoredMessage, at now: Timestamp) {
        advance(to: now)
        latestArrival = now
        messages.append(message)
    }

    /// Looks at every window that is due.
    package mutating func advance(to now: Timestamp) {
        while let index = schedules.indices.min(by: { schedules[$0].due < schedules[$1].due }),
            schedules[index].due <= now, hasOtherSenders || schedules[index].end <= latestArrival
        {
            look(at: index)
        }
        let oldest = now.advanced(.zero - Self.memory)
        if messages.first.map({ $0.timestamp < oldest }) == true { messages.removeAll { $0.timestamp < oldest } }
    }

    private mutating func look(at index: Int) {
        let rule = schedules[index].rule
        // A look that had to wait for a message comes with that message.
        let now = hasOtherSenders ? schedules[index].due : max(schedules[index].due, latestArrival)
        for event in rule.events(in: messages, endingAt: schedules[index].end) {
            let subject = Subject(rule: rule.id, key: event.key)
            if let until = quietUntil[subject], now < until { continue }
            quietUntil[subject] = now.advanced(rule.grace)
            for id in rule.notifications {
                guard let text = texts[id] else { continue }
                notifications.append(text.notification(of: event, by: rule, at: now))
            }
        }
        schedules[index].end = schedules[index].end.advanced(rule.distance)
    }
}

extension Timestamp {
    fileprivate func advanced(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + duration.wholeMilliseconds)
    }
}
