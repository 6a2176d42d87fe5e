// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// A connected UDP socket, so that the kernel keeps what ICMP says of its datagrams (udp(7)).
///
/// Not one of NIO's: that closes itself on every ICMP message but one, and tells nobody why. It is only written to, and
/// nothing waits for it.
final class DatagramSocket {
    enum Sending: Equatable {
        case sent
        /// The kernel's buffer is full.
        case full
        /// The datagram is longer than any that the way takes.
        case tooLong
        /// For the reason of this errno, perhaps one of the datagrams before.
        case failed(CInt)
    }

    private let descriptor: CInt

    /// Nil, and `errno`, when there is no way to the address.
    init?(to address: SocketAddress) {
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        descriptor = socket(family, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        let status = address.withSockAddr { connect(descriptor, $0, socklen_t($1)) }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            errno = code
            return nil
        }
    }

    deinit {
        close(descriptor)
    }

    func send(_ datagram: [UInt8]) -> Sending {
        while true {
            guard Glibc.send(descriptor, datagram, datagram.count, CInt(MSG_NOSIGNAL)) < 0 else { return .sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .full
            case EMSGSIZE: return .tooLong
            case let code: return .failed(code)
            }
        }
    }

    /// The errno of what ICMP has said since this was asked last, or since a failed `send`.
    var error: CInt? {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code != 0 else { return nil }
        return code
    }
}
