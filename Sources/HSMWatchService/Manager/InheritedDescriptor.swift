// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Foundation

/// A descriptor that the service manager has handed to this process: from its store, or of a socket unit.
package struct InheritedDescriptor: Sendable {
    /// What it was stored as, or what the socket unit calls it.
    let name: String
    let number: CInt

    package init(name: String, number: CInt) {
        self.name = name
        self.number = number
    }

    /// Takes what was handed over (sd_listen_fds(3)), which also keeps it from programs that this process may start.
    ///
    /// Once, and before anything else that reads the environment: this clears it of them.
    package static func receive() -> [InheritedDescriptor] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &list)
        guard count > 0, let list else { return [] }
        defer { free(list) }
        return (0..<count).map { index in
            let name = list[Int(index)]
            defer { free(name) }
            return InheritedDescriptor(
                name: name.map { String(cString: $0) } ?? "", number: SD_LISTEN_FDS_START + index)
        }
    }
}
