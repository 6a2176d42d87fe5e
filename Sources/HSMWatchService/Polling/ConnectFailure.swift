// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix

/// Puts what the kernel says of a TCP connection into the domain's words.
enum ConnectFailure {
    /// How a connection ended that the peer has reset, in words that follow the peer's name.
    static let reset = "reset the connection"

    /// Why a connection was not made. Whatever else the kernel may say, no packet has come through.
    ///
    /// - Parameter name: what the user calls the peer; the address is told only where it says more.
    static func describe(_ error: any Error, address: SocketAddress, name: HostPort) -> Failure {
        if case .connectTimeout? = error as? ChannelError { return late(address: address, name: name) }
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

    /// A connection that took too long; the name is what the user calls the peer.
    static func late(address: SocketAddress, name: HostPort) -> Failure {
        Failure(.timeout, place(address, name: name) + "no connection in time")
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

    /// The errno of an error, also of one that a client with a resolver of its own has wrapped.
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
