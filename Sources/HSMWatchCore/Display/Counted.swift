// SPDX-License-Identifier: Apache-2.0

/// A number with its noun: `1 message`, `2 messages`, `0 probes`. The plural of the noun ends in s.
package func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
