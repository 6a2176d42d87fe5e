// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import HSMWatchService

@Suite("Socket witness")
struct SocketWitnessTests {
    /// Both ends of a TCP connection over the loopback.
    private final class Connection {
        let client: CInt
        let server: CInt

        init() throws {
            let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            // A sockaddr_in (ip(7)): which module has the structure depends on what else is compiled with this file.
            var address = (family: UInt16(AF_INET), port: UInt16(0), host: UInt32(0x7F00_0001).bigEndian, UInt64(0))
            var length = socklen_t(MemoryLayout.size(ofValue: address))
            let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                    bind(listener, place, length) == 0 && listen(listener, 1) == 0
                        && getsockname(listener, place, &length) == 0 && connect(client, place, length) == 0
                }
            }
            try #require(isConnected)
            self.client = client
            server = accept(listener, nil, nil)
            try #require(server >= 0)
        }

        deinit {
            close(client)
        }

        func write(_ count: Int) throws {
            try #require(Glibc.write(client, [UInt8](repeating: 0x78, count: count), count) == count)
        }

        func readAll(_ count: Int) throws {
            var buffer = [UInt8](repeating: 0, count: count)
            try #require(recv(server, &buffer, count, CInt(MSG_WAITALL)) == count)
        }
    }

    @Test("sees no reset after a peer has read everything and closed")
    func clean() throws {
        let connection = try Connection()
        let witness = try #require(SocketWitness(of: connection.client))
        try connection.write(1000)
        shutdown(connection.client, CInt(SHUT_WR))
        #expect(!witness.hasPeerEndedFirst)
        try connection.readAll(1000)
        close(connection.server)
        #expect(!witness.isReset)
    }

    @Test("sees the reset of a peer that closes with bytes unread, though the connection's own descriptor is closed")
    func unread() throws {
        let connection = try Connection()
        let copy = dup(connection.client)
        let witness = try #require(SocketWitness(of: copy))
        try connection.write(1000)
        shutdown(copy, CInt(SHUT_WR))
        close(copy)
        close(connection.server)
        #expect(witness.isReset)
    }

    @Test("tells an end of the peer that came before ours from one that answers it")
    func order() throws {
        let connection = try Connection()
        let witness = try #require(SocketWitness(of: connection.client))
        shutdown(connection.server, CInt(SHUT_WR))
        #expect(witness.hasPeerEndedFirst)
        close(connection.server)
    }

    @Test("sees the receive window that unread bytes keep small, and the whole one after they were read")
    func window() throws {
        let connection = try Connection()
        let witness = try #require(SocketWitness(of: connection.client))
        let before = try #require(witness.peerWindow)
        for _ in 1...60 { try connection.write(1000) }
        let unread = try #require(witness.peerWindow)
        try connection.readAll(60_000)
        try connection.write(1)
        let after = try #require(witness.peerWindow)
        #expect(after >= before)
        #expect(unread < after)
        close(connection.server)
    }
}
