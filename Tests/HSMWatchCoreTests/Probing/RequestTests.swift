// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Request")
struct RequestTests {
    @Test("the whole HSM is asked with <1223#> and the configured line ending")
    func everything() {
        #expect(Request(.everything, lineEnding: .lf).bytes == Array("<1223#>\n".utf8))
        #expect(Request(.everything, lineEnding: .crlf).bytes == Array("<1223#>\r\n".utf8))
        #expect(Request(.everything, lineEnding: .none).bytes == Array("<1223#>".utf8))
    }

    @Test("no query and no line ending can bring any other byte onto the wire")
    func allowList() {
        for port in UInt16.min...UInt16.max {
            let expected = Array("<1223#\(port)#>".utf8)
            #expect(Request(.port(port), lineEnding: .none).bytes == expected)
        }
        for ending in [LineEnding.lf, .crlf, .none] {
            let bytes = Request(.port(9010), lineEnding: ending).bytes
            #expect(bytes.starts(with: Array("<1223#9010#>".utf8)))
            #expect(FrameDecoder.isLineEnding(bytes[12...]))
        }
    }

    @Test("query ports are asked one by one; without them the whole HSM is")
    func queries() {
        var hsm = HSMConfiguration(name: "a", address: HostPort(host: "127.0.0.1", port: 9010))
        #expect(hsm.queries == [.everything])
        hsm.queryPorts = [9010, 9011]
        #expect(hsm.queries == [.port(9010), .port(9011)])
    }
}
