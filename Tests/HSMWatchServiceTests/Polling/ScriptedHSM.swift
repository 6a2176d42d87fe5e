// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import NIOCore
import Testing

@testable import HSMWatchSimulation

/// An HSM on its own thread that does with each connection what a test says, one connection after the other.
struct ScriptedHSM {
    /// The HSM's end of one connection; blocking.
    struct Client {
        fileprivate let descriptor: CInt

        /// The next bytes from the client; nil when it has closed the connection.
        func read() -> String? {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
        }

        func write(_ text: String) {
            _ = send(descriptor, text, text.utf8.count, CInt(MSG_NOSIGNAL))
        }

        /// Makes the end of the connection a reset.
        func resetAtEnd() {
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        }

        /// Reads until the client closes the connection.
        func awaitEnd() {
            while read() != nil {}
        }
    }

    let port: Int
    private let listener: CInt
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter serve: has the connection until it returns; runs on the HSM's thread.
    init(_ serve: @escaping @Sendable (Client) -> Void) throws {
        let socket = try BoundSocket(try SocketAddress(ipAddress: "127.0.0.1", port: 0), .stream)
        try #require(listen(socket.descriptor, 16) == 0)
        port = try #require(socket.address.port)
        listener = socket.descriptor
        let (listener, ended) = (listener, ended)
        DispatchQueue(label: "scripted-hsm").async {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                serve(Client(descriptor: connection))
                close(connection)
            }
            ended.signal()
        }
    }

    /// Waits for the end of the thread; the client must have closed its connection.
    func stop() {
        _ = shutdown(listener, CInt(SHUT_RDWR))
        _ = ended.wait(timeout: .now() + 60)
        close(listener)
    }
}
