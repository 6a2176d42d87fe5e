// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore

extension SocketAddress {
    /// The address that the kernel or the resolver has put there; nil when it is neither IPv4 nor IPv6.
    init?(at address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
        case AF_INET6:
            self = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
        default:
            return nil
        }
    }
}
