// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The layout of a mail, and of the JSON for a program. The words are hsmwatch's own: `Sentence` and `NextStep` in
/// `Core/Messages` make them.
enum AlertNotification {
    /// The event's field that tells the template to quote the reminder: Graylog's event itself has no sentence then.
    static let reminderField = "reminder"

    /// Graylog's templates (JMTE). *Test Notification* fills no field, so the whole text depends on `what`.
    private static let subject =
        "${if event.fields.what}${event.fields.what}${else}Test of the alerts of hsmwatch${end}"

    private static let body = """
        ${if event.fields.what}${event.fields.what}
        ${if event.fields.\(reminderField)}${foreach backlog message}
        ${message.timestamp}  ${message.message}
        ${if message.fields.next_step}
        What to do: ${message.fields.next_step}
        ${end}${end}${end}${if event.fields.step}
        What to do: ${event.fields.step}
        ${end}
        ${if event.fields.hsm}HSM:        ${event.fields.hsm}
        ${end}${if event.fields.state}State:      ${event.fields.state}
        ${end}${if event.fields.sockets_available}Available:  ${event.fields.sockets_available} of \
        ${event.fields.sockets_total} sockets
        ${end}${if event.fields.site}Site:       ${event.fields.site}
        ${end}${if event.fields.source}hsmwatch:   ${event.fields.source}
        ${end}${if event.fields.output}Output:     ${event.fields.output}
        ${end}Time:       ${event.timestamp}
        Alert:      ${event_definition_title}
        ${else}This is a test. The alerts of hsmwatch arrive here.
        ${end}
        """

    /// The mail notification and the webhook, where the options name a recipient.
    static func all(_ options: ContentPackOptions) -> [PackEntity] {
        let mail = options.recipients.isEmpty ? [] : [email(options)]
        return mail + (options.webhook.map { [webhook($0)] } ?? [])
    }

    private static func email(_ options: ContentPackOptions) -> PackEntity {
        PackEntity(
            kind: .notification, id: PackIdentity.uuid(of: "notification email"),
            data: [
                "title": .wrapped("hsmwatch: mail"),
                "description": .wrapped("Each alert of hsmwatch by mail."),
                "config": [
                    "type": "email-notification-v1",
                    // Blank: the sender of Graylog's own configuration.
                    "sender": .wrapped(""),
                    "subject": .wrapped(subject),
                    "body_template": .wrapped(body),
                    "email_recipients": .strings(options.recipients),
                    "user_recipients": [],
                ],
            ])
    }

    /// Graylog posts the event with its fields, `what` and `step` among them, and the message that raised it.
    private static func webhook(_ url: String) -> PackEntity {
        PackEntity(
            kind: .notification, id: PackIdentity.uuid(of: "notification webhook"),
            data: [
                "title": .wrapped("hsmwatch: HTTP"),
                "description": .wrapped(
                    "Posts each alert of hsmwatch as JSON. event.fields.what is its sentence, event.fields.step says what "
                        + "to do."),
                // Its version 2, with its own template, came with Graylog 6.0.
                "config": ["type": "http-notification-v1", "url": .wrapped(url)],
            ])
    }
}
