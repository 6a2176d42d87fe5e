// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Status client", .timeLimit(.minutes(1)))
struct StatusClientTests {
    private static func reason(_ path: String, within timeout: Duration = StatusClient.timeout) async -> String {
        do {
            _ = try await StatusClient.snapshot(path: path, within: timeout)
            return "answered"
        } catch {
            return error.description
        }
    }

    /// What is told when a listener says `answer` to everybody, and closes if it `ends`.
    private static func reason(
        answer: String, ends: Bool, within timeout: Duration = StatusClient.timeout
    ) async throws -> String {
        let folder = try TemporaryFolder()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.execute {
                    let written = channel.writeAndFlush(ByteBuffer(string: answer))
                    if ends { written.whenComplete { _ in channel.close(promise: nil) } }
                }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(unixDomainSocketPath: folder.path + "/s").get()
        let reason = await reason(folder.path + "/s", within: timeout)
        try await listener.close()
        return reason
    }

    @Test("without a service the error says what to do")
    func notRunning() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let sentence =
            "hsmwatch is not running: nobody listens on \(path);"
            + " start it with 'systemctl start hsmwatch', or name its socket with --socket"
        #expect(await Self.reason(path) == sentence)
        let dead = try StatusSocket(path)
        close(dead.descriptor)
        #expect(await Self.reason(path) == sentence)
    }

    @Test("a user without permission learns who may ask")
    func denied() throws {
        let folder = try TemporaryFolder()
        let socket = try StatusSocket(folder.path + "/s")
        defer { close(socket.descriptor) }
        let group = try #require(
            try FileManager.default.attributesOfItem(atPath: socket.path)[.groupOwnerAccountName] as? String)
        let denied = StatusUnavailable(IOError(errnoCode: EACCES, reason: "connect"), path: socket.path)
        #expect(
            denied.description
                == "\(socket.path): permission denied: ask with sudo, or as a member of the group '\(group)'")
        #expect(
            StatusUnavailable(IOError(errnoCode: EACCES, reason: "connect"), path: "/nowhere").description
                == "/nowhere: permission denied: ask with sudo")
    }

    @Test("an answer that is cut short, or none, is no snapshot")
    func incomplete() async throws {
        #expect(try await Self.reason(answer: "{\"version\":1", ends: true).hasSuffix(": the answer was cut short"))
        #expect(try await Self.reason(answer: "", ends: true).hasSuffix(": the answer was cut short"))
        #expect(try await Self.reason(answer: "{}\n", ends: true).contains(": the answer cannot be read: "))
    }

    @Test("an answer of the limit is taken, and one byte more is given up, even if a line feed ends it there")
    func tooLong() async throws {
        let folder = try TemporaryFolder()
        let limit = 1 << 20
        for excess in 0...1 {
            let path = folder.path + "/s\(excess)"
            let answer = Array(repeating: UInt8(ascii: "x"), count: limit - 1 + excess) + [UInt8(ascii: "\n")]
            let peer = try await HostilePeer.start(.greets, atSocket: path, says: answer)
            if excess == 0 {
                #expect(try await StatusClient.json(path: path, limit: limit) == answer)
            } else {
                let problem = await #expect(throws: StatusUnavailable.self) {
                    _ = try await StatusClient.json(path: path, limit: limit)
                }
                #expect(problem?.description == "\(path): the answer is longer than 1MiB")
            }
            try await peer.stop()
        }
    }

    @Test("an answer that does not end is given up")
    func silent() async throws {
        #expect(
            try await Self.reason(answer: "{", ends: false, within: .milliseconds(200))
                .hasSuffix(": no answer within 200ms"))
    }
}
