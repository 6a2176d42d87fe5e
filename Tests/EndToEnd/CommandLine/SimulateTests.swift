// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch simulate", .timeLimit(.minutes(1)))
    struct SimulateTests {
        @Test(
            "tells on stdout where it listens, counts its clients, and ends on a signal", arguments: [SIGTERM, SIGINT])
        func answers(signal: Int32) async throws {
            try await Stage.play { stage in
                let arguments = [
                    "simulate", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--total", "256", "--in-use", "9",
                ]
                let simulator = try stage.hsmwatch(arguments)
                let addresses = try await simulator.addresses(2)
                #expect(Set(addresses).count == 2)
                for address in addresses {
                    let client = try SocketClient(address)
                    try client.send("<1223#>\n")
                    #expect(try client.line() == "<2223#246#256#10#>\r\n")
                    let second = try SocketClient(address)
                    try second.send("<1223#\(address.ports.lowerBound)#>")
                    #expect(try second.line() == "<2223#245#256#11#>\r\n")
                }
                #expect(try await simulator.ended(by: signal).ending == .exited(0))
            }
        }

        @Test("lines on stdin change all HSMs or one, and what is no change is explained")
        func changes() async throws {
            try await Stage.play { stage in
                let arguments = ["simulate", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"]
                let simulator = try stage.hsmwatch(arguments, takesInput: true)
                let addresses = try await simulator.addresses(2)
                try simulator.type("in-use 60")
                try simulator.type("\(addresses[0]) total 128")
                try simulator.type("\(addresses[1]) fault error:29")
                try simulator.type("nonsense")
                try simulator.type("fault hung")
                _ = try await simulator.said {
                    $0.errors.contains("not understood: 'nonsense'")
                        && $0.errors.contains("not understood: 'fault hung'; did you mean 'hang'? (allowed: ")
                }
                let (first, second) = (try SocketClient(addresses[0]), try SocketClient(addresses[1]))
                try first.send("<1223#>\n")
                #expect(try first.line() == "<2223#67#128#61#>\r\n")
                try second.send("<1223#>\n")
                #expect(try second.line() == "<00#290080#>\r\n")
                #expect(try await simulator.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("a change that no HSM can make changes none, and what is allowed is said")
        func refusedChanges() async throws {
            try await Stage.play { stage in
                let arguments = ["simulate", "--listen", "127.0.0.1:0", "--in-use", "10"]
                let simulator = try stage.hsmwatch(arguments, takesInput: true)
                let address = try #require(try await simulator.addresses(1).first)
                try simulator.type("127.0.0.1:1 in-use 3")
                try simulator.type("in-use 65")
                try simulator.type("total 9")
                let allowed = HSMBehaviour.maximumSockets
                for complaint in [
                    "'127.0.0.1:1 in-use 3': there is no such HSM; allowed: \(address)\n",
                    "'in-use 65': \(address): it has 64 sockets; allowed: in-use 0 to 64\n",
                    "'total 9': \(address): 10 are in use; allowed: total 10 to \(allowed)\n",
                ] {
                    _ = try await simulator.said { $0.errors.contains(complaint) }
                }
                let client = try SocketClient(address)
                try client.send("<1223#>\n")
                #expect(try client.line() == "<2223#53#64#11#>\r\n")
            }
        }

        @Test("misbehaves from the start with --fault")
        func fault() async throws {
            try await Stage.play { stage in
                let simulator = try stage.hsmwatch(["simulate", "--listen", "127.0.0.1:0", "--fault", "close"])
                let address = try #require(try await simulator.addresses(1).first)
                #expect(try SocketClient(address).line() == "")
            }
        }

        @Test("a port that is taken ends it with an error that names it")
        func taken() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let record = try await stage.outcome(of: ["simulate", "--listen", "\(hsm.address)"])
                #expect(record.ending == .exited(1))
                #expect(record.output == "")
                #expect(record.errors.contains("cannot listen on \(hsm.address): Address already in use"))
            }
        }
    }
}

extension Child {
    /// The first addresses that a simulator says it listens on.
    fileprivate func addresses(_ count: Int) async throws -> [ListenAddress] {
        let record = try await said { $0.lines.count >= count }
        return try record.lines.prefix(count).map { line in
            try #require(ListenAddress(String(line.trimmingPrefix("listening on "))))
        }
    }
}
