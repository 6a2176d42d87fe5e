// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A duplicate of a TCP connection's descriptor, which tells of a reset after the channel has closed its own.
///
/// Over TLS a peer can say goodbye (close_notify) and then close its socket with our bytes unread; its kernel resets the
/// connection then.
final class SocketWitness {
    private let descriptor: CInt

    /// Nil when no descriptor is left.
    init?(of descriptor: CInt) {
        self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard self.descriptor >= 0 else { return nil }
    }

    deinit {
        close(descriptor)
    }

    /// Whether the peer has reset the connection.
    var isReset: Bool {
        TCPSocket(descriptor).map { $0.error != 0 } ?? true
    }

    /// Bytes that the peer's kernel was ready to take when it was last heard of.
    var peerWindow: Int? { TCPSocket(descriptor)?.peerWindow }

    /// Whether the peer has ended its direction before we ended ours; to be asked right before and right after that.
    var hasPeerEndedFirst: Bool {
        TCPSocket(descriptor)?.hasPeerEndedFirst ?? true
    }
}
