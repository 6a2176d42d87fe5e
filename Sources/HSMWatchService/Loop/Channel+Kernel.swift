// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore

extension Channel {
    /// Bytes that the kernel has received and that were not read yet; nil when it does not say.
    var unreadBytes: Int? { kernelCount(UInt(FIONREAD)) }

    /// Bytes that were written and that the peer's kernel has not acknowledged, those that ours has not taken yet among
    /// them; nil when it is not known.
    var unacknowledgedBytes: Int? {
        // tcp(7) calls the request SIOCOUTQ: <linux/sockios.h> defines it as this.
        guard let inKernel = kernelCount(UInt(TIOCOUTQ)),
            let inChannel = try? syncOptions?.getOption(.bufferedWritableBytes)
        else { return nil }
        return inKernel + inChannel
    }

    private func kernelCount(_ request: UInt) -> Int? {
        var count: CInt = 0
        let status = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            ioctl($0, request, &count)
        }
        return status == 0 ? Int(count) : nil
    }
}
