// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import TestSupport

@testable import HSMWatchService

extension TestAuthority.Identity {
    /// Why a connection over TLS to a Graylog with this identity is refused; nil when it is opened.
    @ServiceLoop
    func refusal(by credentials: TLSCredentials) async throws -> String? {
        let tls = try ReceiverTLS(certificate: certificate, key: key)
        let receiver = try await Receiver.start(on: anyPort, tls: tls)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(receiver.hostPort.port))
        var connection: TCPConnection?
        let reason: String? = await withCheckedContinuation { continuation in
            let opening = TCPConnection(name: receiver.hostPort, credentials: credentials) { report in
                switch report {
                case .opened: continuation.resume(returning: nil)
                case .failed(let loss): continuation.resume(returning: loss.reason)
                case .ended: break
                }
            }
            connection = opening
            opening.open(address)
        }
        connection?.close()
        await receiver.shutDown()
        return reason
    }
}
