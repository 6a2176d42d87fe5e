// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// An address on which nobody can listen: in use, not of this machine, or a name without an address.
package struct ListenFailure: Error, Hashable, CustomStringConvertible {
    package let address: ListenAddress
    package let reason: String

    init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        switch error {
        case let error as IOError: reason = String(cString: strerror(error.errnoCode))
        case is SocketAddressError, is SocketAddressError.UnknownHost: reason = "no such host"
        default: reason = "\(error)"
        }
    }

    package var description: String {
        "cannot listen on \(address): \(reason)"
    }
}
