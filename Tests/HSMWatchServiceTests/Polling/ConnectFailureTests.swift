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
            (ENETUNREACH, .unreachable), (EACCES, .unreachable), (EADDRNOTAVAIL, .unreachable),
        ])
    func kinds(code: CInt, kind: Failure.Kind) throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 9010)
        let error = IOError(errnoCode: code, reason: "connect")
        #expect(ConnectFailure.describe(error, address: address, name: Self.name).kind == kind)
    }

    @Test("the address is told only where the name does not say it")
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
