// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// One TCP connection to a Graylog input, with TLS or without: writes frames, can be half-closed, and tells how it ends.
///
/// Graylog never answers. So the connection is read only to notice its end, before anything more is written into it.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How TLS is spoken.
    struct Security {
        let context: NIOSSLContext
        /// What the peer's certificate must carry.
        let identity: PeerIdentity
    }

    /// What TLS has agreed on.
    struct Session: Equatable {
        /// Such as `TLS 1.3`.
        let version: String
        let peerTerm: CertificateTerm?
    }

    /// How long one address may take to connect, and again for reading TLS's files and for its handshake.
    static let connectTimeout = Duration.seconds(10)

    /// The request that tcp(7) calls SIOCOUTQ: <linux/sockios.h> defines it as this.
    private static let bytesInQueue = UInt(TIOCOUTQ)

    /// What ends a connection without a word.
    private static let closed = "the peer closed the connection"

    /// What the connection tells its owner, on the event loop.
    enum Report {
        case opened(Session?)
        /// It could not be opened, for a reason that follows the endpoint's name.
        case failed(String)
        case ended(Delivery.Ending)
    }

    private enum State {
        case opening
        /// TLS does not accept the peer's certificates, and it is being found out why.
        case diagnosing
        case open
        /// Everything was written, and our own end of stream behind it. Whether there is proof that the peer has seen that.
        case halfClosed(isSeen: Bool)
        case over
    }

    private let name: HostPort
    private let credentials: TLSCredentials?
    private let report: (Report) -> Void
    private var security: Security?
    private var address: SocketAddress?
    /// Gives up TLS's files, and later its handshake.
    private var timer: DelayedWork?
    private var channel: (any Channel)?
    private var state = State.opening

    /// - Parameters:
    ///   - name: the endpoint as the configuration has it.
    ///   - credentials: nil for plain TCP.
    ///   - report: called on the event loop, until `close`.
    init(name: HostPort, credentials: TLSCredentials?, report: @escaping (Report) -> Void) {
        self.name = name
        self.credentials = credentials
        self.report = report
    }

    /// Starts to connect to one address; the report is `opened` or `failed`.
    @ServiceLoop
    func open(_ address: SocketAddress) {
        self.address = address
        guard let credentials else { return connect(to: address) }
        timer = ServiceLoop.after(Self.connectTimeout) {
            self.failed("TLS: its files could not be read within \(DurationText.format(Self.connectTimeout))")
        }
        credentials.load { [weak self] loaded in
            guard let self, case .opening = state else { return }
            timer?.cancel()
            switch loaded {
            case .success(let material):
                security = Security(context: material.context, identity: credentials.identity(at: name))
                connect(to: address)
            case .failure(let problem):
                failed("TLS: \(problem)")
            }
        }
    }

    /// Writes a batch; what is answered succeeds when the kernel has taken it. A peer that does not read keeps it
    /// waiting.
    func write(_ batch: ByteBuffer) -> EventLoopFuture<Void>? {
        channel?.writeAndFlush(batch)
    }

    /// Ends our own direction, behind all that was written.
    func halfClose() {
        channel?.close(mode: .output).assumeIsolated().whenSuccess {
            if case .open = self.state { self.state = .halfClosed(isSeen: false) }
        }
    }

    /// Closes the connection, or gives up making it. Nothing is reported from here on.
    func close() {
        timer?.cancel()
        state = .over
        channel?.close(mode: .all, promise: nil)
    }

    /// Bytes that have not reached the peer's kernel: those that ours holds (`SIOCOUTQ`) and those it has not taken yet.
    /// Our end of stream counts as one.
    var heldBytes: Int? {
        guard let channel else { return nil }
        var inKernel: CInt = 0
        let status = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { ioctl($0, Self.bytesInQueue, &inKernel) }
        let inChannel = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard status == 0, let inChannel else { return nil }
        return Int(inKernel) + inChannel
    }

    /// Without TLS, on a half-closed connection, this is the peer's end, just before the channel closes. A peer that has
    /// read to our end of stream has acknowledged it.
    func channelReadComplete(context: ChannelHandlerContext) {
        if case .halfClosed = state, security == nil { state = .halfClosed(isSeen: heldBytes == 0) }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? TLSUserEvent {
        case .handshakeCompleted:
            handshakeCompleted(context)
        case .shutdownCompleted:
            // The peer's close_notify: nobody between us has cut the stream.
            if case .halfClosed = state { state = .halfClosed(isSeen: true) }
        case nil:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        failed(Self.closed)
        if case .halfClosed(isSeen: true) = state {
            end(.clean)
        } else {
            end(.broken(Self.closed))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .opening = state, let security, let address, TLSFailure.isUntrusted(error) {
            diagnose(address, security, on: context.eventLoop)
        } else {
            let reason = TLSFailure.describe(error)
            failed(reason ?? "the peer \(ConnectFailure.ending(error))")
            end(.broken(reason ?? "the peer \(ConnectFailure.ending(error))"))
        }
        context.close(promise: nil)
    }

    private static func text(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLS 1.3"
        case .tlsv12: "TLS 1.2"
        default: "TLS"
        }
    }

    @ServiceLoop
    private func connect(to address: SocketAddress) {
        let loop = ServiceLoop.shared.eventLoop
        ClientBootstrap.tcp(on: loop, within: Self.connectTimeout, handler: self, opening: prepare)
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success:
                    self.connected(on: loop)
                case .failure(let error):
                    self.failed(ConnectFailure.describe(error, address: address, name: self.name).detail)
                }
            }
    }

    private func prepare(_ channel: any Channel) throws {
        self.channel = channel
        guard let security else { return }
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: security.context, serverHostname: security.identity.name))
    }

    /// The peer is verified before anything is reported, so before anything is written.
    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        guard let security else { return }
        do {
            let certificate = try PeerVerification.verify(context.channel, security.identity)
            let version = try context.pipeline.syncOperations.nioSSL_tlsVersion().map(Self.text)
            opened(Session(version: version ?? "TLS", peerTerm: CertificateTerm(certificate)))
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func connected(on loop: any EventLoop) {
        switch state {
        case .opening where security == nil:
            opened(nil)
        case .opening:
            timer = DelayedWork(on: loop, after: Self.connectTimeout) {
                self.failed("TLS: the handshake did not end within \(DurationText.format(Self.connectTimeout))")
                self.channel?.close(promise: nil)
            }
        case .over:
            channel?.close(mode: .all, promise: nil)
        case .diagnosing, .open, .halfClosed:
            break
        }
    }

    private func diagnose(_ address: SocketAddress, _ security: Security, on loop: any EventLoop) {
        state = .diagnosing
        CertificateDiagnosis.run(address, security, on: loop) { chain in
            guard case .diagnosing = self.state else { return }
            self.state = .opening
            let setting = self.credentials?.authoritiesSetting ?? ""
            self.failed(TLSFailure.describe(untrusted: chain, setting: setting, at: .now))
        }
    }

    private func opened(_ session: Session?) {
        guard case .opening = state else { return }
        timer?.cancel()
        state = .open
        report(.opened(session))
    }

    private func failed(_ reason: String) {
        guard case .opening = state else { return }
        timer?.cancel()
        state = .over
        report(.failed(reason))
    }

    private func end(_ ending: Delivery.Ending) {
        switch state {
        case .open, .halfClosed:
            state = .over
            report(.ended(ending))
        case .opening, .diagnosing, .over:
            break
        }
    }
}
