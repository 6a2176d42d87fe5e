// SPDX-License-Identifier: Apache-2.0

/// An event as Graylog will get it, but for the identity that the spool gives it.
package struct Message: Hashable, Sendable {
    /// Bytes that no finished message exceeds, whatever an HSM, a resolver or a configuration says. Graylog takes
    /// 2,097,152.
    package static let longest = 256 * 1024

    package let kind: Event.Kind
    /// When the event happened.
    package let timestamp: Timestamp
    /// One flat JSON object in UTF-8 without its closing brace, and without a NUL byte.
    package let body: [UInt8]

    package init(kind: Event.Kind, timestamp: Timestamp, body: [UInt8]) {
        self.kind = kind
        self.timestamp = timestamp
        self.body = body
    }

    /// The finished JSON object. `instance` is the spool's identity, `sequence` the message's number in it; together
    /// they make a duplicate recognisable.
    package func numbered(instance: String, sequence: Int) -> [UInt8] {
        var json = JSONWriter(continuing: body)
        json.string("_instance", instance)
        json.integer("_sequence", sequence)
        return json.closed()
    }
}
