// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL

/// Finds out why a peer's certificates are not accepted, which the TLS library does not tell.
///
/// It connects once more, looks at the certificates, and refuses them whatever they are: nothing is ever sent on such a
/// connection.
enum CertificateDiagnosis {
    /// How long it may take.
    private static let timeout = Duration.seconds(5)

    /// The certificates that the peer presents, its own first.
    private final class Finding {
        var chain: [CertificateTerm] = []
    }

    /// Answers on the event loop what the peer presents; nothing when it presents nothing in time.
    static func run(
        _ address: SocketAddress, _ security: TCPConnection.Security, on loop: any EventLoop,
        then answer: @escaping ([CertificateTerm]) -> Void
    ) {
        let finding = Finding()
        let box = NIOLoopBound((finding: finding, answer: answer), eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.wholeNanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(
                            context: security.context, serverHostname: security.identity.name,
                            customVerificationCallback: { certificates, verdict in
                                box.value.finding.chain = certificates.map(CertificateTerm.init)
                                verdict.succeed(NIOSSLVerificationResult.failed)
                            }))
                }
            }
            .connect(to: address)
            .flatMap { channel in
                let limit = loop.scheduleTask(in: .nanoseconds(timeout.wholeNanoseconds)) {
                    channel.close(promise: nil)
                }
                return channel.closeFuture.always { _ in limit.cancel() }
            }
            .whenComplete { _ in box.value.answer(box.value.finding.chain) }
    }
}
