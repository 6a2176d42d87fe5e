// SPDX-License-Identifier: Apache-2.0

/// A message as a receiver hands it out.
package struct Arrival: Hashable, Sendable {
    package let message: ReceivedMessage
    /// The number of the input it came on, from 0.
    package let input: Int
}
