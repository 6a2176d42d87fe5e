// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchService

/// Serialized: the umask is the process's.
@ServiceLoop
@Suite("Status socket", .serialized, .timeLimit(.minutes(1)))
struct StatusSocketTests {
    @Test("only the owner and the group may use it, whatever the umask", arguments: [0, 0o022, 0o077, 0o777])
    func mode(mask: mode_t) throws {
        let folder = try TemporaryFolder()
        let before = umask(mask)
        defer { umask(before) }
        let socket = try StatusSocket(folder.path + "/s")
        defer { close(socket.descriptor) }
        var status = stat()
        #expect(lstat(socket.path, &status) == 0)
        #expect(status.st_mode == S_IFSOCK | 0o660)
    }

    @Test("the socket of a service that has died is replaced")
    func stale() async throws {
        let stage = try StatusStage()
        close(try StatusSocket(stage.path).descriptor)
        try await running(stage.server()) {
            let answer = try await StatusClient.snapshot(path: stage.path)
            #expect(answer == stage.snapshot)
        }
        #expect(!FileManager.default.fileExists(atPath: stage.path))
    }

    @Test("the socket of a living service stays its own")
    func living() async throws {
        let stage = try StatusStage()
        try await running(stage.server()) {
            try await running(stage.server()) {
                let answer = try await StatusClient.snapshot(path: stage.path)
                #expect(answer == stage.snapshot)
            }
            #expect(stage.notes.count("'hsmwatch status' cannot ask this service (\(stage.path): another process") == 1)
            let answer = try await StatusClient.snapshot(path: stage.path)
            #expect(answer == stage.snapshot)
        }
        #expect(stage.notes.count("") == 1)
    }

    @Test("a path that exists but is not a socket stays, and is reported")
    func file() async throws {
        let stage = try StatusStage()
        try Array("precious".utf8).write(to: stage.path)
        try await running(stage.server()) {
            _ = await #expect(throws: StatusUnavailable.self) { try await StatusClient.json(path: stage.path) }
        }
        #expect(stage.notes.has("'hsmwatch status' cannot ask this service (\(stage.path): it is there, and no socket"))
        #expect(try String(contentsOfFile: stage.path, encoding: .utf8) == "precious")
    }

    @Test("without its directory the service goes on and says so, once")
    func noDirectory() async throws {
        let stage = try StatusStage()
        let path = stage.path + "/nowhere/s"
        try await running(stage.server(path: path)) {}
        #expect(stage.notes.count("'hsmwatch status' cannot ask this service (\(path): bind: no such file") == 1)
    }

    @Test("a listening socket that fails is reported once with its error, but not at shutdown")
    func closed() async throws {
        let stage = try StatusStage()
        let server = stage.server()
        try await running(server) {
            _ = try await StatusClient.json(path: stage.path)
            // What the library does when accept(2) fails for good.
            let listener = try #require(server.listener)
            listener.pipeline.fireErrorCaught(IOError(errnoCode: EINVAL, reason: "accept"))
            listener.close(promise: nil)
            await stage.notes.wait(
                for: "'hsmwatch status' cannot ask this service (\(stage.path): it was closed: invalid")
        }
        #expect(stage.notes.count("") == 1, "\(stage.notes)")
        let other = try StatusStage()
        try await running(other.server()) { _ = try await StatusClient.json(path: other.path) }
        #expect(other.notes.count("") == 0, "\(other.notes)")
    }

    @Test("a path that is too long for a socket is reported")
    func longPath() async throws {
        let path = "/" + String(repeating: "x", count: 200)
        #expect(throws: StatusSocket.Problem.self) { try StatusSocket(path) }
        let error = await #expect(throws: StatusUnavailable.self) { try await StatusClient.json(path: path) }
        #expect(error?.description.contains("longer than a socket's may be") == true)
    }

    @Test("shutdown removes only its own socket file")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let socket = try StatusSocket(folder.path + "/s")
        defer { close(socket.descriptor) }
        #expect(unlink(socket.path) == 0)
        let other = try StatusSocket(socket.path)
        defer { close(other.descriptor) }
        socket.remove()
        #expect(try folder.names == ["s"])
        other.remove()
        #expect(try folder.names == [])
    }
}
