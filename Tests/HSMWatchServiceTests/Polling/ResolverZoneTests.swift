// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import NIOCore
import Testing

@ServiceLoop
@Suite("Addresses with a zone", .timeLimit(.minutes(1)))
struct ResolverZoneTests {
    private static func resolve(_ host: String) async -> Resolver.Resolution {
        await withCheckedContinuation { continuation in
            Resolver().resolve(host: host, port: 9010) { continuation.resume(returning: $0) }
        }
    }

    @Test("lead to this machine's interface")
    func interface() async throws {
        let host = try HostPort(destination: "[FE80:0::1%lo]:9010").host
        guard case .addresses(let addresses) = await Self.resolve(host), let address = addresses.first else {
            Issue.record("no address")
            return
        }
        #expect(address.port == 9010)
        // `sin6_scope_id`, the last field of sockaddr_in6 (ipv6(7)).
        let scope = address.withSockAddr { pointer, length in
            UnsafeRawPointer(pointer).loadUnaligned(fromByteOffset: length - 4, as: UInt32.self)
        }
        #expect(scope == if_nametoindex("lo"))
    }

    @Test("lead nowhere when there is no such interface")
    func noInterface() async {
        guard case .failed(let reason) = await Self.resolve("fe80::1%nowhere") else {
            Issue.record("an address")
            return
        }
        #expect(reason.hasPrefix("cannot resolve fe80::1%nowhere: "))
    }
}
