// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A message that a search of Graylog finds.
package struct GraylogMessage: Hashable, Sendable {
    /// What the message says of its time.
    package let timestamp: Timestamp
    /// When Graylog received it, by Graylog's clock.
    package let received: Timestamp
    /// The stored fields by their names, `source` among them.
    package let fields: [String: FieldValue]
    /// The id of the input that took it.
    package let input: String
    /// The ids of the streams that it is in, besides Graylog's own.
    package internal(set) var streams: [String] = []
    /// How long ago it came, for a search of the last time: nothing here has a clock.
    let age: Duration

    package init(
        timestamp: Timestamp, received: Timestamp, fields: [String: FieldValue], input: String = "",
        age: Duration = .zero
    ) {
        self.timestamp = timestamp
        self.received = received
        self.fields = fields
        self.input = input
        self.age = age
    }
}
