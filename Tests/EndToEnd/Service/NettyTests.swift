// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// A peer's end is what delivery is confirmed by, and Netty ends connections in its own way.
    @Suite("A real Netty server", .timeLimit(.minutes(5)))
    struct NettyTests {
        @Test(
            "is stopped twelve times with data unread, at random moments: nothing is lost",
            .enabled(if: NettyServer.isPossible, "needs Debian's libnetty-java and a JDK"),
            arguments: [(1, false), (2, true)] as [(UInt64, Bool)])
        func stops(seed: UInt64, isSecure: Bool) async throws {
            try await Self.play(isSecure: isSecure) { load, server, service in
                var numbers = SeededNumbers(seed: seed)
                try await load.goesOn(for: .seconds(2))
                for _ in 1...12 {
                    let recoveries = await server.arrivals.value.told("output_up")
                    // Reads at half the rate of what comes: there is always something that it has not read.
                    try await server.order("pace", 2000)
                    try await load.goesOn(for: numbers.milliseconds(300...1000))
                    try await server.order("stop")
                    try await load.goesOn(for: numbers.milliseconds(100...500))
                    try await server.order("pace", 0)
                    try await server.order("start")
                    _ = try await server.arrivals.value { $0.told("output_up") > recoveries }
                    try await load.goesOn(for: numbers.milliseconds(100...1500))
                }
                let all = try await service.hasDeliveredAll(to: server.arrivals)
                // A slow reader that stands is no outage.
                #expect(all.told("output_down") == 12, "\(all)")
            }
        }

        @Test(
            "resets one connection twelve times with data unread, over TLS after its goodbye: nothing is lost",
            .enabled(if: NettyServer.isPossible, "needs Debian's libnetty-java and a JDK"),
            arguments: [(1, false), (2, true)] as [(UInt64, Bool)])
        func resets(seed: UInt64, isSecure: Bool) async throws {
            // What a rewind sends again would hide what is lost.
            try await Self.play(isSecure: isSecure, rewind: "0") { load, server, service in
                var numbers = SeededNumbers(seed: seed)
                try await load.goesOn(for: .seconds(1))
                for _ in 1...12 {
                    try await server.order("pace", 2000)
                    try await load.goesOn(for: numbers.milliseconds(300...1000))
                    try await server.order("reset")
                    try await server.order("pace", 0)
                    try await load.goesOn(for: numbers.milliseconds(700...1500))
                }
                let all = try await service.hasDeliveredAll(to: server.arrivals)
                // A connection that was read to its end may be closed without an outage.
                #expect(all.told("output_down") >= 4, "\(all)")
            }
        }

        @Test(
            "is killed three times and loses the seconds that it had read and not stored: they come again",
            .enabled(if: NettyServer.isPossible, "needs Debian's libnetty-java and a JDK"))
        func dies() async throws {
            try await Self.play(hsms: 20) { load, server, service in
                for _ in 1...3 { try await Self.kill(server, under: load) }
                try await service.hasDeliveredAll(to: server.arrivals)
            }
        }

        @Test(
            "is killed while rewind is off: the seconds that it had read and not stored are missing",
            .enabled(if: NettyServer.isPossible, "needs Debian's libnetty-java and a JDK"))
        func diesForGood() async throws {
            try await Self.play(hsms: 20, rewind: "0") { load, server, service in
                try await Self.kill(server, under: load)
                try await service.ended(by: SIGTERM)
                let all = try await server.arrivals.value { $0.told("stopping") > 0 }
                // Two seconds' worth at 200 messages a second, roughly.
                #expect(all.missing.count > 100, "\(all)")
            }
        }

        /// Plays a test with a service that delivers a load to a Netty server, and confirms often.
        private static func play(
            hsms: Int = 100, isSecure: Bool = false, rewind: String? = nil,
            _ test: (Load, NettyServer, Child) async throws -> Void
        ) async throws {
            try await Stage.play { stage in
                let load = try await Load(hsms, on: stage)
                let identity = isSecure ? try await NettyServer.identity(on: stage) : nil
                let server = try await NettyServer(on: stage, identity: identity)
                var configuration = load.configuration(to: server.address, confirm: "100ms")
                configuration.authority = identity?.certificate
                configuration.rewind = rewind
                try await test(load, server, try stage.service(configuration, program: Stage.releaseProgram))
            }
        }

        /// Kills a server that stores what it has read two seconds later, and starts it anew.
        private static func kill(_ server: NettyServer, under load: Load) async throws {
            let recoveries = await server.arrivals.value.told("output_up")
            try await server.order("lag", 2000)
            try await load.goesOn(for: .seconds(4))
            try await server.die()
            try await server.order("start")
            _ = try await server.arrivals.value { $0.told("output_up") > recoveries }
        }

        @Test(
            "is stopped while the service stands still (SIGSTOP), with data unread: nothing is lost",
            .enabled(if: NettyServer.isPossible, "needs Debian's libnetty-java and a JDK"),
            arguments: [1] as [UInt64])
        func stopsWhileStill(seed: UInt64) async throws {
            try await Stage.play { stage in
                let load = try await Load(on: stage)
                let server = try await NettyServer(on: stage)
                var numbers = SeededNumbers(seed: seed)
                let service = try stage.service(
                    load.configuration(to: server.address, confirm: "100ms"), program: Stage.releaseProgram)
                try await load.goesOn(for: .seconds(2))
                for _ in 1...8 {
                    let recoveries = await server.arrivals.value.told("output_up")
                    try await server.order("pace", 2000)
                    try await load.goesOn(for: numbers.milliseconds(300...1000))
                    service.signal(SIGSTOP)
                    try await server.order("stop")
                    // Longer than any span in which the delivery watches its peer.
                    _ = try await stage.outcome(ofTool: "sleep", ["0.6"])
                    service.signal(SIGCONT)
                    try await server.order("pace", 0)
                    try await server.order("start")
                    _ = try await server.arrivals.value { $0.told("output_up") > recoveries }
                    try await load.goesOn(for: numbers.milliseconds(100...700))
                }
                try await service.hasDeliveredAll(to: server.arrivals)
            }
        }
    }
}
