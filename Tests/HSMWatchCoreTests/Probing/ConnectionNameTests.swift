// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Connection name")
struct ConnectionNameTests {
    /// `MAX_ARG_STRLEN` of Linux: the bytes of one variable of the environment, its end included.
    private static let variableLimit = 131_072

    private static func name(_ name: String, _ host: String = "10.10.5.6", _ port: UInt16 = 9010) -> String {
        ConnectionName(hsm: HSMConfiguration(name: name, address: HostPort(host: host, port: port))).text
    }

    @Test("it is the same in every process")
    func stable() {
        #expect(Self.name("khi-1") == "cwWQtXM_mhG")
    }

    @Test("another name, host or port makes another")
    func distinct() {
        let names = [
            Self.name("khi-1"), Self.name("khi-2"), Self.name("khi-1", "10.10.5.7"),
            Self.name("khi-1", "2001:db8::7"), Self.name("khi-1", "10.10.5.6", 9011), Self.name("khi-1.10.10.5.6"),
        ]
        #expect(Set(names).count == names.count)
    }

    @Test("as many HSMs as there may be have names of their own, which fit into LISTEN_FDNAMES together")
    func many() {
        let names = (0..<ConfigurationLimits.hsms).map {
            Self.name("a-rather-long-name-in-the-second-row-of-the-machine-room-\($0)", "hsm-\($0).khi.example.net")
        }
        #expect(Set(names).count == names.count)
        #expect("LISTEN_FDNAMES=\(names.joined(separator: ":"))\0".utf8.count <= Self.variableLimit)
    }

    @Test("it has nothing but letters, digits, - and _")
    func characters() {
        for number in 0..<1000 {
            #expect(Self.name("khi-\(number)").wholeMatch(of: /[A-Za-z0-9_-]{11}/) != nil)
        }
    }
}
