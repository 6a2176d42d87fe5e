// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore
import Synchronization
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Resolver", .timeLimit(.minutes(1)))
struct ResolverTests {
    /// Names that begin with `silent` hang until the end; all others have the address 192.0.2.1.
    private final class NameServer: Sendable {
        private let end = DispatchSemaphore(value: 0)
        private let asked = Mutex<[String]>([])

        /// Every lookup that has begun, in order.
        var names: [String] { asked.withLock { $0 } }

        func lookUp(_ name: String) -> Resolver.Resolution {
            asked.withLock { $0.append(name) }
            guard name.hasPrefix("silent") else {
                let address = try? SocketAddress(ipAddress: "192.0.2.1", port: 0)
                return .addresses(address.map { [$0] } ?? [])
            }
            end.wait()
            end.signal()
            return .failed("silent")
        }

        /// Lets all lookups that hang end.
        func stop() {
            end.signal()
        }
    }

    private static func resolve(_ resolver: Resolver, _ host: String, port: UInt16 = 1) async -> Resolver.Resolution {
        await withCheckedContinuation { continuation in
            resolver.resolve(host: host, port: port) { continuation.resume(returning: $0) }
        }
    }

    private static func ports(_ resolution: Resolver.Resolution) -> [Int?] {
        guard case .addresses(let addresses) = resolution else { return [] }
        return addresses.map(\.port)
    }

    @Test("requests for the same name share one lookup, each with its own port")
    func joined() async {
        let server = NameServer()
        let resolver = Resolver { server.lookUp($0) }
        let ports = await withCheckedContinuation { continuation in
            var ports: [Int?] = []
            for port in [9010, 9011, 9012] as [UInt16] {
                resolver.resolve(host: "h", port: port) {
                    ports += Self.ports($0)
                    if ports.count == 3 { continuation.resume(returning: ports) }
                }
            }
        }
        #expect(ports == [9010, 9011, 9012])
        #expect(server.names == ["h"])
        #expect(Self.ports(await Self.resolve(resolver, "h", port: 7)) == [7])
        #expect(server.names == ["h", "h"])
    }

    @Test("names that hang take no thread from a name that is answered, neither at once nor later")
    func silent() async {
        let server = NameServer()
        defer { server.stop() }
        let resolver = Resolver { server.lookUp($0) }
        #expect(Self.ports(await Self.resolve(resolver, "good")) == [1])
        for number in 1...1000 {
            for _ in 1...3 { resolver.resolve(host: "silent-\(number)", port: 1) { _ in } }
        }
        for _ in 1...100 {
            #expect(Self.ports(await Self.resolve(resolver, "good")) == [1])
        }
        let silent = server.names.filter { $0 != "good" }
        #expect(silent.count == Set(silent).count)
        #expect(silent.count <= LookupPlan.triedLimit)
    }

    @Test("a name that was never looked up is answered beside 80 that hang")
    func untried() async {
        let server = NameServer()
        defer { server.stop() }
        let resolver = Resolver { server.lookUp($0) }
        for number in 1...80 { resolver.resolve(host: "silent-\(number)", port: 1) { _ in } }
        #expect(Self.ports(await Self.resolve(resolver, "new")) == [1])
    }

    @Test("requests for one name are limited, and the next one is refused")
    func waiters() async {
        let server = NameServer()
        defer { server.stop() }
        let resolver = Resolver { server.lookUp($0) }
        for _ in 1...Resolver.waitersLimit { resolver.resolve(host: "silent", port: 1) { _ in } }
        guard case .failed(let reason) = await Self.resolve(resolver, "silent") else {
            Issue.record("there is an address")
            return
        }
        #expect(reason == "cannot resolve silent: the resolver does not answer")
        #expect(Self.ports(await Self.resolve(resolver, "good")) == [1])
    }

    @Test("an address needs no lookup")
    func literal() async {
        let server = NameServer()
        let resolver = Resolver { server.lookUp($0) }
        #expect(Self.ports(await Self.resolve(resolver, "::1", port: 9010)) == [9010])
        #expect(server.names.isEmpty)
    }

    @Test("the system's lookup knows this machine, and says why a name has no address")
    func system() async {
        let resolver = Resolver()
        #expect(Self.ports(await Self.resolve(resolver, "localhost", port: 9010)).first == 9010)
        guard case .failed(let reason) = await Self.resolve(resolver, "a.invalid.") else {
            Issue.record("there is an address")
            return
        }
        #expect(reason.hasPrefix("cannot resolve a.invalid.: "))
    }
}
