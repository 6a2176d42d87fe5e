// SPDX-License-Identifier: Apache-2.0

/// What a receiver saw until now.
package struct ReceiverFacts: Hashable, Sendable {
    /// The connections accepted since the start.
    package internal(set) var accepted = 0
    /// The connections open now.
    package internal(set) var open = 0
    /// The messages stored.
    package internal(set) var stored = 0
    /// The frames dropped, and what was dropped before it was one.
    package internal(set) var dropped = 0
    /// The bytes received, also those that wait because reading is paused.
    package internal(set) var byteCount = 0
    /// The messages, stored or dropped, that nobody has taken yet.
    package internal(set) var waiting = 0
}
