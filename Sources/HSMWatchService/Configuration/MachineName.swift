// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// This machine's name, the GELF `host` of messages when the configuration gives no `source`.
package enum MachineName {
    /// What stands in on a machine without a name: Graylog drops a message whose host is blank.
    private static let nameless = "localhost"

    /// The kernel's host name (`uname(2)`), which no name server is asked for.
    package static var current: String {
        var names = utsname()
        guard uname(&names) == 0 else { return nameless }
        return withUnsafeBytes(of: names.nodename) { name(in: $0) }
    }

    /// The name in a buffer, up to its NUL or its end. Linux allows 64 bytes of any value.
    package static func name(in buffer: some Sequence<UInt8>) -> String {
        let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        return name.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? nameless : VisibleText.shown(name)
    }
}
