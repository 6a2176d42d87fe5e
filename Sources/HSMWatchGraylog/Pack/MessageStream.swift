// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The stream of all messages of hsmwatch, for permissions, an index set of their own, and the alerts.
enum MessageStream {
    static let id = PackIdentity.objectID(of: "stream")

    /// By a field, not by the input: the id of an input changes with every installation.
    static var entity: PackEntity {
        PackEntity(
            kind: .stream, id: id,
            data: [
                "title": .wrapped("hsmwatch"),
                "description": .wrapped("Sockets of the payment HSMs, and hsmwatch itself"),
                "disabled": .wrapped(false),
                "matching_type": .wrapped("AND"),
                "stream_rules": [
                    [
                        "type": .wrapped("EXACT"),
                        "field": .wrapped("event_source"),
                        "value": .wrapped("hsmwatch"),
                        "inverted": .wrapped(false),
                        "description": .wrapped("Every message of hsmwatch"),
                    ]
                ],
                "alert_conditions": [],
                "alarm_callbacks": [],
                "outputs": [],
                "default_stream": .wrapped(false),
                "remove_matches": .wrapped(false),
            ])
    }
}
