// SPDX-License-Identifier: Apache-2.0

/// How a syslog message is written; raw values are the words of the configuration.
package enum SyslogFormat: String, CaseIterable, Sendable {
    /// RFC 5424, every field of the message as structured data.
    case rfc5424
    /// RFC 3164, and the line of the script that hsmwatch replaces.
    case legacy
}
