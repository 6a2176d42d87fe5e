// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// A TCP socket as the kernel knows it (tcp(7)): several descriptors, also of other processes, may stand for the same.
///
/// The caller owns the descriptor.
struct TCPSocket {
    private let descriptor: CInt

    /// Nil when the descriptor is anything but a TCP socket.
    init?(_ descriptor: CInt) {
        self.descriptor = descriptor
        guard option(SOL_SOCKET, SO_TYPE) == CInt(SOCK_STREAM.rawValue),
            option(SOL_SOCKET, SO_PROTOCOL) == CInt(IPPROTO_TCP)
        else { return nil }
    }

    /// The other end; nil when it has none, as a listening socket.
    var peer: SocketAddress? {
        var storage = sockaddr_storage()
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                return getpeername(descriptor, address, &length) == 0 ? SocketAddress(at: address) : nil
            }
        }
    }

    /// Whether neither end has closed it, and nothing else has gone wrong with it.
    var isEstablished: Bool {
        info.map { $0.tcpi_state == UInt8(TCP_ESTABLISHED) } == true && option(SOL_SOCKET, SO_ERROR) == 0
    }

    /// What went wrong with the connection, and was not asked for yet: an errno, or 0.
    var error: CInt { option(SOL_SOCKET, SO_ERROR) ?? EBADF }

    /// Whether the peer has ended its direction before this end has ended its own.
    var hasPeerEndedFirst: Bool {
        info.map { $0.tcpi_state == UInt8(TCP_CLOSE_WAIT) || $0.tcpi_state == UInt8(TCP_LAST_ACK) } ?? true
    }

    /// Whether what was sent last waits for its answer, as far as the kernel's clock ticks tell it: what came in the
    /// same tick (1 to 10 ms) may have been before or after.
    var isOwedReply: Bool {
        guard let info else { return false }
        return info.tcpi_unacked > 0 || info.tcpi_last_data_sent < info.tcpi_last_data_recv
    }

    /// How long ago the last data came, in the kernel's clock ticks (1 to 10 ms); nil when the kernel does not say.
    var sinceLastData: Duration? {
        info.map { .milliseconds(Int64($0.tcpi_last_data_recv)) }
    }

    /// Acknowledges at once what was read. Until then a peer with Nagle's algorithm holds back what it says next, 40 ms
    /// or more.
    func acknowledge() {
        var isOn: CInt = 1
        _ = setsockopt(
            descriptor, CInt(IPPROTO_TCP), TCP_QUICKACK, &isOn, socklen_t(MemoryLayout<CInt>.size))
    }

    /// Ends the connection as close(2) would if there were no other descriptor: the peer gets our end of stream, and a
    /// reset if it sends more.
    func shutDown() {
        _ = shutdown(descriptor, CInt(SHUT_RDWR))
    }

    /// Ends the connection with a reset: connect(2) to no address dissolves it. `SO_LINGER` would reset it only at the
    /// close of the last descriptor.
    func reset() {
        // All zero: the family is AF_UNSPEC.
        let nowhere = [UInt8](repeating: 0, count: MemoryLayout<sockaddr>.size)
        nowhere.withUnsafeBytes { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
            _ = connect(descriptor, address, socklen_t(bytes.count))
        }
    }

    /// Bytes that the peer's kernel was ready to take when it was last heard of: `tcpi_snd_wnd` (Linux 5.4,
    /// <linux/tcp.h>; glibc's structure ends before it). Nil where the kernel does not tell.
    var peerWindow: Int? {
        var words = [UInt32](repeating: 0, count: Self.windowWord + 1)
        let size = words.count * MemoryLayout<UInt32>.size
        var length = socklen_t(size)
        guard getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &words, &length) == 0, length == size else {
            return nil
        }
        return Int(words[Self.windowWord])
    }

    /// Where `tcpi_snd_wnd` is in the kernel's structure, in words of 32 bits.
    private static let windowWord = 57

    private var info: tcp_info? {
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        return getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 ? info : nil
    }

    private func option(_ level: CInt, _ name: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
    }
}

extension Channel {
    /// Does something with the descriptor of an open channel, on its event loop; nil when there is none.
    func withDescriptor<Value>(_ body: (CInt) -> Value) -> Value? {
        try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self, body)
    }

    /// The socket of an open TCP channel, on its event loop.
    func withSocket(_ body: (TCPSocket) -> Void) {
        _ = withDescriptor { TCPSocket($0).map(body) }
    }
}

/// Puts what the kernel says of a TCP connection into the domain's words.
enum ConnectFailure {
    /// How a connection ended that the peer has reset, in words that follow the peer's name.
    static let reset = "reset the connection"

    /// Why a connection was not made. Whatever else the kernel may say, no packet has come through.
    ///
    /// - Parameter name: what the user calls the peer; the address is shown only where it says more.
    static func describe(_ error: any Error, address: SocketAddress, name: HostPort) -> Failure {
        if case .connectTimeout? = error as? ChannelError { return .late(HostPort(address), name: name) }
        let place = place(address, name: name)
        guard let error = error as? IOError else {
            return Failure(.unreachable, place + Reply.printable("\(error)".utf8))
        }
        let detail = place + words(error.errnoCode)
        if let cause = LocalCause(errno: error.errnoCode, isIPv6: address.protocol == .inet6) {
            return Failure(cause, "\(place)\(cause.sentence) (\(words(error.errnoCode)))")
        }
        return switch error.errnoCode {
        case ECONNREFUSED: Failure(.refused, detail)
        case ETIMEDOUT: Failure(.timeout, detail)
        default: Failure(.unreachable, detail)
        }
    }

    private static func place(_ address: SocketAddress, name: HostPort) -> String {
        let address = HostPort(address)
        return address == name ? "" : "\(address): "
    }

    /// Whether the peer has reset a connection that it had accepted.
    ///
    /// A port that does not accept refuses. `EPIPE` is a reset after the peer's end of stream.
    static func isReset(_ error: any Error) -> Bool {
        let code = (error as? IOError)?.errnoCode
        return code == ECONNRESET || code == EPIPE
    }

    /// How a connection ended, in words that follow the peer's name.
    static func ending(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case ECONNRESET: reset
        case .some(let code): "lost the connection (\(words(code)))"
        case nil: "lost the connection (\(Reply.printable("\(error)".utf8)))"
        }
    }

    /// What the end of a connection to an output says about the peer.
    static func loss(of error: any Error) -> Loss {
        guard let code = code(of: error) else {
            return Loss(.failed, "the connection failed: \(Reply.printable("\(error)".utf8))")
        }
        if let cause = LocalCause(errno: code, isIPv6: false) { return loss(of: code, cause) }
        let isGone = code == ECONNRESET || code == EPIPE || code == ECONNREFUSED
        return Loss(isGone ? .gone : .failed, "the peer \(ending(error))")
    }

    /// Why an output could not be connected or written to, by an errno, in words that follow the endpoint's name.
    static func loss(ofCode code: CInt, isIPv6: Bool) -> Loss {
        LocalCause(errno: code, isIPv6: isIPv6).map { loss(of: code, $0) } ?? Loss(.failed, words(code))
    }

    private static func loss(of code: CInt, _ cause: LocalCause) -> Loss {
        Loss(.failed, "\(cause.sentence) (\(words(code)))", localCause: cause)
    }

    /// The errno of an error, also of one that a client with its own resolver has wrapped.
    private static func code(of error: any Error) -> CInt? {
        if let error = error as? NIOConnectionError {
            return error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }.last
        }
        return (error as? IOError)?.errnoCode
    }

    /// The errno's text in the C locale, as strerror(3) has it.
    static func words(_ code: CInt) -> String {
        String(cString: strerror(code)).lowercased()
    }
}

extension LocalCause {
    /// What an errno of socket(2) or connect(2) says about this machine; nil when it is about the peer or the network.
    ///
    /// `EACCES` of an IPv6 address is no such case: a router on the way can cause it ("administratively prohibited",
    /// net/ipv6/icmp.c of Linux). For IPv4 the kernel makes it `EHOSTUNREACH`, and `EACCES` comes from here only.
    init?(errno code: CInt, isIPv6: Bool) {
        switch code {
        case EMFILE: self = .descriptors
        case ENFILE: self = .fileTable
        case EADDRNOTAVAIL, EADDRINUSE: self = .ports
        case ENOMEM, ENOBUFS: self = .memory
        case EPERM: self = .forbidden
        case EACCES where !isIPv6: self = .forbidden
        case EAFNOSUPPORT: self = .family
        default: return nil
        }
    }
}

extension HostPort {
    /// The address of a TCP socket.
    init(_ address: SocketAddress) {
        self.init(host: address.ipAddress ?? "\(address)", port: UInt16(clamping: address.port ?? 0))
    }
}
