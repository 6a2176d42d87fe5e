// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL

/// Looks at the certificates of a peer that the TLS library has rejected, to find out why: the library does not tell.
///
/// It connects once more, and rejects the certificates whatever they are: nothing is ever sent on such a connection.
enum CertificateDiagnosis {
    /// How long it may take.
    private static let timeout = Duration.seconds(5)

    /// The certificates that the peer presents, its own first.
    private final class Finding {
        var chain: [CertificateFacts] = []
    }

    /// Answers on the event loop what the peer presents; nothing when it presents nothing in time, or something that is
    /// not understood.
    ///
    /// - Parameters:
    ///   - address: the peer's, or its proxy's.
    ///   - tunnel: through the proxy, without TLS; nil without a proxy.
    static func run(
        _ address: SocketAddress, through tunnel: HTTPTunnel? = nil, _ security: TCPConnection.Security,
        on loop: any EventLoop, then answer: @escaping ([CertificateFacts]) -> Void
    ) {
        let finding = Finding()
        let box = NIOLoopBound((finding: finding, answer: answer), eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.wholeNanoseconds))
            .connect(to: address)
            .flatMap { channel in
                let limit = loop.scheduleTask(in: .nanoseconds(timeout.wholeNanoseconds)) {
                    channel.close(promise: nil)
                }
                let opened = tunnel?.open(on: channel) ?? loop.makeSucceededVoidFuture()
                opened.flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(
                            context: security.context, serverHostname: security.identity.name,
                            customVerificationCallback: { certificates, verdict in
                                let facts = certificates.compactMap(CertificateFacts.init)
                                box.value.finding.chain = facts.count == certificates.count ? facts : []
                                verdict.succeed(NIOSSLVerificationResult.failed)
                            }))
                }.whenFailure { _ in channel.close(promise: nil) }
                return channel.closeFuture.always { _ in limit.cancel() }
            }
            .whenComplete { _ in box.value.answer(box.value.finding.chain) }
    }
}

/// The authorities that the TLS library trusts when none are set.
enum SystemAuthorities {
    /// Where the TLS library looks for them.
    private static let files = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// Reads them, blocking; nil when they cannot be read.
    static func read() -> [CertificateFacts]? {
        let found = files.lazy.compactMap { try? NIOSSLCertificate.fromPEMFile($0) }.first
        return found?.compactMap(CertificateFacts.init)
    }
}

extension CertificateFacts {
    init?(_ certificate: NIOSSLCertificate) {
        guard let der = try? certificate.toDERBytes() else { return nil }
        self.init(der: der, term: CertificateTerm(certificate))
    }
}
