// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import NIOCore
import Testing

@testable import HSMWatchService

@Suite("Connect failure")
struct ConnectFailureTests {
    private static let name = HostPort(host: "127.0.0.1", port: 9010)

    @Test(
        "each errno of connect(2) is one kind",
        arguments: [
            (ECONNREFUSED, Failure.Kind.refused), (ETIMEDOUT, .timeout), (EHOSTUNREACH, .unreachable),
            (ENETUNREACH, .unreachable), (ENETDOWN, .unreachable), (EMFILE, .local), (ENFILE, .local),
            (ENOBUFS, .local), (ENOMEM, .local), (EADDRNOTAVAIL, .local), (EADDRINUSE, .local), (EPERM, .local),
            (EACCES, .local), (EAFNOSUPPORT, .local),
        ])
    func kinds(code: CInt, kind: Failure.Kind) throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 9010)
        let error = IOError(errnoCode: code, reason: "connect")
        #expect(ConnectFailure.describe(error, address: address, name: Self.name).kind == kind)
    }

    @Test("what a router can have said is no failure of this machine: EACCES over IPv6")
    func prohibited() throws {
        let address = try SocketAddress(ipAddress: "2001:db8::7", port: 9010)
        for (code, kind) in [(EACCES, Failure.Kind.unreachable), (EPERM, .local)] {
            let error = IOError(errnoCode: code, reason: "connect")
            #expect(ConnectFailure.describe(error, address: address, name: Self.name).kind == kind)
        }
    }

    @Test("a failure of this machine says so, with the system's own words", arguments: LocalCause.allCases)
    func local(cause: LocalCause) throws {
        let codes: [LocalCause: CInt] = [
            .descriptors: EMFILE, .fileTable: ENFILE, .ports: EADDRNOTAVAIL, .memory: ENOMEM, .forbidden: EPERM,
            .family: EAFNOSUPPORT,
        ]
        let code = try #require(codes[cause])
        let error = IOError(errnoCode: code, reason: "socket")
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 9010)
        let failure = ConnectFailure.describe(error, address: address, name: Self.name)
        let detail = "\(cause.sentence) (\(ConnectFailure.words(code)))"
        #expect(failure == Failure(cause, detail))
        let loss = Loss(.failed, detail, localCause: cause)
        #expect(ConnectFailure.loss(of: error) == loss)
        #expect(ConnectFailure.loss(ofCode: code, isIPv6: false) == loss)
    }

    @Test("the address is shown only where the name does not say it")
    func words() throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 9010)
        let error = IOError(errnoCode: ECONNREFUSED, reason: "connect")
        #expect(ConnectFailure.describe(error, address: address, name: Self.name).detail == "connection refused")
        let named = HostPort(host: "hsm-1.example.net", port: 9010)
        #expect(
            ConnectFailure.describe(error, address: address, name: named).detail
                == "127.0.0.1:9010: connection refused")
    }
}
