// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

extension Channel {
    /// Closes with a TCP reset instead of a FIN: `SO_LINGER` with 0 seconds (socket(7)).
    package func resetAndClose() {
        if let socket = self as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }
}
