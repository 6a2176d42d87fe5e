// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import NIOCore

/// Delivery over UDP to one endpoint: does what `DatagramDelivery` decides, with a real socket.
@ServiceLoop
final class UDPTransport: Transport {
    /// Gives the kernel a datagram.
    typealias Offer = (_ socket: DatagramSocket, _ datagram: [UInt8]) -> DatagramSocket.Sending

    private let packing: DatagramPacking
    private let report: (TransportReport) -> Void
    private var delivery: DatagramDelivery
    private var socket: DatagramSocket?
    private let offer: Offer
    /// Ends the wait for a kernel whose buffer is full.
    private var pause: WakeUp?
    private let timer = DeadlineTimer()
    private var random = SystemRandomNumberGenerator()

    private(set) var isOpen = false
    private(set) var end: Loss?

    /// - Parameters:
    ///   - addresses: of the endpoint; the first with a route is kept, since UDP gets no answer.
    ///   - patience: how long the kernel's buffer may stay full.
    ///   - offer: the kernel's to all but a test.
    ///   - report: called on the event loop, until `close`.
    init(
        to addresses: [SocketAddress], packing: DatagramPacking, patience: Duration,
        offer: @escaping Offer = { $0.send($1) }, report: @escaping (TransportReport) -> Void
    ) {
        self.packing = packing
        self.offer = offer
        self.report = report
        delivery = DatagramDelivery(at: .now, patience: patience)
        var code = ENOENT
        for address in addresses where socket == nil {
            socket = DatagramSocket(to: address)
            code = errno
        }
        guard socket != nil else {
            let isIPv6 = addresses.last?.protocol == .inet6
            end = addresses.isEmpty ? Loss(.failed, "no address") : ConnectFailure.loss(ofCode: code, isIPv6: isIPv6)
            return
        }
        isOpen = true
        report(.opened(nil))
    }

    /// One after the other: how many datagrams a message makes, it shows itself.
    var allowance: Int { end == nil && isOpen && delivery.maySend ? 1 : 0 }

    var sendLimit: Int { 0 }

    func send(_ messages: ArraySlice<SpooledMessage>, waiting: Int) async {
        for message in messages {
            switch packing.datagrams(of: message, id: random.next()) {
            case .success(let datagrams):
                await send(datagrams, of: message)
            case .failure(let problem):
                report(.undeliverable(message.position, problem.description))
                handle(.sent(datagrams: 0, upTo: message.position))
            }
        }
    }

    func close() {
        end = end ?? Loss(.failed, "closed")
        arm()
        socket = nil
        pause?.raise()
    }

    private func send(_ datagrams: [[UInt8]], of message: SpooledMessage) async {
        for datagram in datagrams {
            guard let sending = await offered(datagram) else { return }
            switch sending {
            case .tooLong:
                report(.undeliverable(message.position, ConnectFailure.words(EMSGSIZE)))
                return handle(.sent(datagrams: 0, upTo: message.position))
            case .failed(let code):
                return handle(.unreachable(ConnectFailure.words(code)))
            case .sent, .full:
                break
            }
        }
        handle(.sent(datagrams: datagrams.count, upTo: message.position))
    }

    /// Offers a datagram until the kernel's buffer has room for it; nil when the delivery is over before that.
    private func offered(_ datagram: [UInt8]) async -> DatagramSocket.Sending? {
        var wasFull = false
        while end == nil, let socket {
            let sending = offer(socket, datagram)
            guard sending == .full else {
                if wasFull { handle(.taken) }
                return sending
            }
            wasFull = true
            handle(.full)
            if end == nil { await wait(for: delivery.retryDelay) }
        }
        return nil
    }

    private func wait(for delay: Duration) async {
        let wake = WakeUp()
        pause = wake
        let timer = ServiceLoop.after(delay) { wake.raise() }
        await wake.wait()
        timer.cancel()
        pause = nil
    }

    private func handle(_ event: DatagramDelivery.Event) {
        guard end == nil else { return }
        let before = allowance
        switch delivery.handle(event, at: .now) {
        case .confirm(let position): report(.confirmed(position))
        case .over(let reason):
            end = Loss(.failed, reason)
            report(.changed)
        case nil: break
        }
        arm()
        if allowance != before { report(.changed) }
    }

    private func deadlinePassed() {
        if let code = socket?.error {
            handle(.unreachable(ConnectFailure.words(code)))
        } else {
            handle(.deadline)
        }
    }

    private func arm() {
        timer.set(end == nil ? delivery.deadline : nil) { [weak self] in self?.deadlinePassed() }
    }
}

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

/// Makes the datagrams of messages: GELF in chunks where it must be, syslog always in one.
struct DatagramPacking: Sendable {
    /// Bytes that one datagram holds over IPv4.
    static let longestDatagram = 65_507

    let format: MessageFormat
    let chunks: GELFChunks

    /// The datagrams of one message; the failure says what is allowed.
    ///
    /// - Parameter id: of its chunks.
    func datagrams(of message: SpooledMessage, id: UInt64) -> Result<[[UInt8]], InvalidText> {
        let bytes = format.bytes(of: message)
        switch format {
        case .gelf:
            if let datagrams = chunks.datagrams(of: bytes, id: id) { return .success(datagrams) }
            return .failure(
                InvalidText(
                    "longer than the \(chunks.longestMessage) bytes of \(GELFChunks.limit) chunks (datagram_size)"))
        case .syslog:
            if bytes.count <= Self.longestDatagram { return .success([bytes]) }
            return .failure(InvalidText("longer than the \(Self.longestDatagram) bytes of a datagram"))
        }
    }
}
