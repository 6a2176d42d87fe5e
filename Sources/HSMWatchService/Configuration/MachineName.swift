// SPDX-License-Identifier: Apache-2.0

import Glibc

/// This machine's name, the GELF `host` of messages when the configuration gives no `source`.
package enum MachineName {
    /// What stands in on a machine without a name: Graylog drops a message whose host is blank.
    private static let nameless = "localhost"

    /// The kernel's host name (`gethostname(2)`), which no name server is asked for.
    package static var current: String {
        // One byte more than the kernel can hold keeps the end marked.
        var bytes = [CChar](repeating: 0, count: Int(HOST_NAME_MAX) + 1)
        guard gethostname(&bytes, Int(HOST_NAME_MAX)) == 0 else { return nameless }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return name.allSatisfy(\.isWhitespace) ? nameless : name
    }
}
