// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    /// `make soak`: trouble after trouble for as long as `SOAK_SECONDS` says, in the order that `SEED` gives.
    @Suite("Soak", .timeLimit(.minutes(60)))
    struct SoakTests {
        private enum Trouble: CaseIterable {
            case stopped, stalled, stalledWhileStopped, slowed, reset, killed
        }

        private static let environment = ProcessInfo.processInfo.environment
        /// How long the troubles go on; half an hour at most.
        static let duration = environment["SOAK_SECONDS"].flatMap(Int.init).map { Duration.seconds(min($0, 1800)) }
        private static let seed = environment["SEED"].flatMap(UInt64.init) ?? 1

        @Test(
            "a Netty server that stops, resets and reads slowly, a service that stands still and is killed: nothing is lost",
            .enabled(if: Self.duration != nil, "only with make soak"), arguments: [false, true])
        func soak(isSecure: Bool) async throws {
            try await Stage.play { stage in
                print("soak: seed \(Self.seed), \(isSecure ? "TLS" : "plain TCP")")
                let load = try await Load(40, on: stage)
                let identity = isSecure ? try await NettyServer.identity(on: stage) : nil
                let server = try await NettyServer(on: stage, identity: identity)
                var configuration = load.configuration(to: server.address, confirm: "10s")
                configuration.authority = identity?.certificate
                var numbers = SeededNumbers(seed: Self.seed)
                var service = try stage.service(configuration, program: Stage.releaseProgram)
                let end = ContinuousClock.now + (Self.duration ?? .zero) / 2
                var troubles: [Trouble] = []
                while ContinuousClock.now < end {
                    if troubles.isEmpty { troubles = Trouble.allCases.shuffled(using: &numbers) }
                    let trouble = troubles.removeLast()
                    try await load.goesOn(for: numbers.milliseconds(1000...4000))
                    try await Self.make(trouble, server, &service, &numbers, load, stage, configuration)
                }
                try await server.order("pace", 0)
                let all = try await service.hasDeliveredAll(to: server.arrivals)
                print("soak: \(all)")
            }
        }

        @Test(
            "13 restarts of a Netty server that reads slowly, and 3 kills, in 40 s: less than a quarter comes twice",
            .enabled(if: Self.duration != nil, "only with make soak"))
        func duplicates() async throws {
            try await Stage.play { stage in
                let load = try await Load(40, on: stage)
                let server = try await NettyServer(on: stage)
                var configuration = load.configuration(to: server.address, confirm: "10s")
                // What a rewind sends again is sent twice on purpose.
                configuration.rewind = "0"
                var service = try stage.service(configuration, program: Stage.releaseProgram)
                for round in 1...13 {
                    try await server.order("pace", 3000)
                    try await load.goesOn(for: .milliseconds(1200))
                    try await server.order("stop")
                    try await load.goesOn(for: .milliseconds(300))
                    try await server.order("pace", 0)
                    try await server.order("start")
                    try await load.goesOn(for: .milliseconds(1500))
                    if round.isMultiple(of: 4) {
                        #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                        service = try stage.service(configuration, program: Stage.releaseProgram)
                    }
                }
                let all = try await service.hasDeliveredAll(to: server.arrivals)
                print("soak: \(all)")
                #expect(all.duplicateShare < 0.25, "\(all)")
            }
        }

        @Test(
            "a restart of Graylog after a calm minute: at most two seconds of messages come twice",
            .enabled(if: Self.duration != nil, "only with make soak"))
        func ordinary() async throws {
            try await Stage.play { stage in
                let load = try await Load(40, on: stage)
                let server = try await NettyServer(on: stage)
                var configuration = load.configuration(to: server.address, confirm: "10s")
                configuration.rewind = "0"
                let service = try stage.service(configuration, program: Stage.releaseProgram)
                // Longer than the alert that follows a start.
                try await load.goesOn(for: .seconds(65))
                let rate = await server.arrivals.value.received / 65
                try await server.order("stop")
                try await load.goesOn(for: .seconds(3))
                try await server.order("start")
                try await load.goesOn(for: .seconds(5))
                let all = try await service.hasDeliveredAll(to: server.arrivals)
                print("soak: \(all), at \(rate) messages a second")
                #expect(all.duplicates <= 2 * rate, "\(all)")
            }
        }

        private static func make(
            _ trouble: Trouble, _ server: NettyServer, _ service: inout Child, _ numbers: inout SeededNumbers,
            _ load: Load, _ stage: Stage, _ configuration: ConfigurationText
        ) async throws {
            switch trouble {
            case .stopped:
                try await server.order("pace", 4000)
                try await load.goesOn(for: numbers.milliseconds(300...1000))
                try await server.order("stop")
                try await load.goesOn(for: numbers.milliseconds(100...1500))
                try await server.order("pace", 0)
                try await server.order("start")
            case .stalled:
                service.signal(SIGSTOP)
                _ = try await stage.outcome(ofTool: "sleep", ["0.\(numbers.next() % 9 + 1)"])
                service.signal(SIGCONT)
            case .stalledWhileStopped:
                try await server.order("pace", 4000)
                try await load.goesOn(for: numbers.milliseconds(300...1000))
                service.signal(SIGSTOP)
                try await server.order("stop")
                _ = try await stage.outcome(ofTool: "sleep", ["0.\(numbers.next() % 9 + 1)"])
                service.signal(SIGCONT)
                try await server.order("pace", 0)
                try await server.order("start")
            case .slowed:
                try await server.order("pace", 3000)
                try await load.goesOn(for: numbers.milliseconds(1000...4000))
                try await server.order("pace", 0)
            case .reset:
                try await server.order("pace", 4000)
                try await load.goesOn(for: numbers.milliseconds(300...1000))
                try await server.order("reset")
                try await server.order("pace", 0)
            case .killed:
                #expect(try await service.ended(by: SIGKILL).ending == .killed(by: SIGKILL))
                service = try stage.service(configuration, program: Stage.releaseProgram)
            }
        }
    }
}
