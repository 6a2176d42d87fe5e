// SPDX-License-Identifier: Apache-2.0

/// How an alert is told: in two lines, which HSM, how many sockets are left, when, and what to do first.
enum AlertNotification {
    /// Graylog's templates (JMTE). The first line is the event's own sentence, with the time that was looked at: what it says
    /// began at any moment of it, or before. The last messages follow for whoever wants them.
    private static let body = """
        ${event.fields.what} Seen between ${event.timerange_start} and ${event.timerange_end}.
        First step: ${event.fields.step}

        ${event_definition_title}: ${event_definition_description}
        ${if backlog}
        Latest messages:
        ${foreach backlog message}
        ${message.timestamp} ${message.source} ${message.message}
        ${end}
        ${end}
        """

    static func email(_ options: ContentPackOptions) -> PackEntity {
        PackEntity(
            kind: .notification, id: PackIdentity.uuid(of: "notification email"),
            data: [
                "title": .wrapped("hsmwatch: mail"),
                "description": .wrapped("Two lines of each alert of hsmwatch, by mail."),
                "config": [
                    "type": "email-notification-v1",
                    // Blank: the sender of Graylog's own configuration.
                    "sender": .wrapped(""),
                    "subject": .wrapped("${event_definition_title}: ${event.fields.what}"),
                    "body_template": .wrapped(body),
                    "email_recipients": .strings(options.recipients),
                    "user_recipients": [],
                ],
            ])
    }

    /// Graylog posts the event with its fields, `what` and `step` among them, and the latest messages.
    static func webhook(_ options: ContentPackOptions) -> PackEntity {
        PackEntity(
            kind: .notification, id: PackIdentity.uuid(of: "notification webhook"),
            data: [
                "title": .wrapped("hsmwatch: HTTP"),
                "description": .wrapped(
                    "Posts each alert of hsmwatch as JSON: event.fields.what and event.fields.step are its two lines."),
                // Its version 2, with a template of its own, came with Graylog 6.0.
                "config": ["type": "http-notification-v1", "url": .wrapped(options.webhook)],
            ])
    }
}
