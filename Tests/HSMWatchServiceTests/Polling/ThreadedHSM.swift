// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import NIOCore
import Testing

@testable import HSMWatchSimulation

/// An HSM on a thread of its own, for tests that hold an event loop: it serves one connection, has one socket less with each
/// reply, and whoever blocks may wait for its replies.
struct ThreadedHSM {
    /// What the first reply says.
    private static let available = 50

    let port: Int
    private let listener: CInt
    private let asked = DispatchSemaphore(value: 0)
    private let replied = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameter isSilent: whether it only reads.
    init(isSilent: Bool = false) throws {
        let socket = try BoundSocket(try SocketAddress(ipAddress: "127.0.0.1", port: 0), .stream)
        try #require(listen(socket.descriptor, 1) == 0)
        port = try #require(socket.address.port)
        listener = socket.descriptor
        let (listener, asked, replied, ended) = (listener, asked, replied, ended)
        DispatchQueue(label: "threaded-hsm").async {
            let connection = accept(listener, nil, nil)
            var question = [UInt8](repeating: 0, count: 64)
            var available = Self.available
            while read(connection, &question, question.count) > 0 {
                asked.signal()
                if isSilent { continue }
                let reply = "<2223#\(available)#64#\(64 - available)#>"
                available -= 1
                _ = write(connection, reply, reply.utf8.count)
                replied.signal()
            }
            close(connection)
            ended.signal()
        }
    }

    /// Whether a question has come that this did not say before.
    var hasBeenAsked: Bool { asked.wait(timeout: .now()) == .success }

    /// Blocks until the next reply is with the kernel.
    func awaitReply() {
        _ = replied.wait(timeout: .now() + 60)
    }

    /// Waits for the end of the thread, which is that of the connection, if there was one.
    func stop() {
        _ = shutdown(listener, CInt(SHUT_RDWR))
        _ = ended.wait(timeout: .now() + 60)
        close(listener)
    }
}
