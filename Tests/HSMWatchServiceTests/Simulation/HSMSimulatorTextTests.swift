// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchSimulation

@Suite("HSM simulator: what it reads")
struct HSMSimulatorTextTests {
    @Test("finds the requests wherever the bytes are cut")
    func findsRequests() {
        let bytes = Array("\n<1223#>\r\n>x<1223#9010#^t#><00#a#><9A#ID#>".utf8)
        let whole = requests(in: [bytes])
        #expect(whole.map(\.command) == [.socketInformation, .socketInformation, .echo(Array("a".utf8)), .unknown])
        #expect(whole.map(\.tag) == [nil, Array("t".utf8), nil, nil])
        for cut in bytes.indices {
            #expect(requests(in: [Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
        #expect(requests(in: bytes.map { [$0] }) == whole)
    }

    @Test("takes a command of the greatest length, and answers a longer one once, as an unknown one")
    func boundsRequests() {
        let text = Array(repeating: UInt8(ascii: "x"), count: HSMRequestParser.maximumLength - 4)
        let longest = Array("<00#".utf8) + text + Array("#>".utf8)
        #expect(requests(in: [longest]).map(\.command) == [.echo(text)])
        let longer = Array("<00#x".utf8) + text + text + Array("#><1223#>".utf8)
        #expect(requests(in: [longer]).map(\.command) == [.unknown, .socketInformation])
    }

    private func requests(in pieces: [[UInt8]]) -> [HSMRequest] {
        var parser = HSMRequestParser()
        return pieces.flatMap { parser.requests(in: $0) }
    }

    @Test(
        "reads a fault and writes it the same way",
        arguments: [
            "none", "refuse", "hang", "close", "reset", "slow", "garbage", "truncated", "error:00", "error:22",
            "error:99",
            "no-crlf", "extra-field", "huge", "double", "early", "full:refuse", "full:close", "full:hang",
        ])
    func readsFaults(text: String) {
        #expect(HSMFault(text)?.description == text)
    }

    @Test(
        "takes nothing else for a fault",
        arguments: [
            "", "None", "error", "error:", "error:5", "error:005", "error:-1", "error:xx", "full", "full:none", "hang:",
        ])
    func refusesFaults(text: String) {
        #expect(HSMFault(text) == nil)
    }

    @Test(
        "reads where to listen",
        arguments: [
            ("127.0.0.1:9010", "127.0.0.1", 9010...9010),
            ("localhost:0", "localhost", 0...0),
            ("[::1]:65535", "::1", 65535...65535),
            ("127.0.0.1:20000-24999", "127.0.0.1", 20000...24999),
            ("[::1]:1-2", "::1", 1...2),
        ])
    func readsAddresses(text: String, host: String, ports: ClosedRange<Int>) {
        let address = ListenAddress(text)
        #expect(address?.host == host)
        #expect(address?.ports == ports)
        #expect(address?.description == text)
    }

    @Test(
        "takes nothing else for an address",
        arguments: [
            "", "9010", ":9010", "h:", "h:x", "h:-1", "h:65536", "h:99999999999999999999", "::1:9010", "[]:1", "h:2-1",
            "h:0-5",
            "h:1-2-3", "h:+1", "h:1-",
        ])
    func refusesAddresses(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test(
        "changes by a line what the line says",
        arguments: [
            ("in-use 60", HSMBehaviour(inUse: 60)),
            ("  total   128 ", HSMBehaviour(total: 128)),
            ("fault error:22", HSMBehaviour(fault: .error(22))),
            ("127.0.0.1:9010 total 0", HSMBehaviour(total: 0)),
        ])
    func changes(line: String, expected: HSMBehaviour) throws {
        var behaviour = HSMBehaviour()
        try #require(HSMChange(line)).apply(to: &behaviour)
        #expect(behaviour == expected)
    }

    @Test(
        "says what is allowed when more sockets would be in use than there are",
        arguments: [
            ("in-use 64", nil), ("in-use 65", "it has 64 sockets; allowed: in-use 0 to 64"),
            ("total 10", nil), ("total 9", "10 are in use; allowed: total 10 to 1000000"), ("fault hang", nil),
        ])
    func refusesChanges(line: String, expected: String?) throws {
        let change = try #require(HSMChange(line))
        #expect(change.problem(for: HSMBehaviour(total: 64, inUse: 10)) == expected)
    }

    @Test(
        "knows what a misspelt word was meant to be",
        arguments: [
            ("fault hnag", "; did you mean 'hang'?"), ("127.0.0.1:9010 falt hang", "; did you mean 'fault'?"),
            ("in_use 3", "; did you mean 'in-use'?"), ("in-use x", ""), ("fault nothing-like-it", ""), ("x", ""),
        ])
    func hints(line: String, expected: String) {
        #expect(HSMChange.hint(line) == expected)
    }

    @Test("changes only the HSMs that the line names")
    func changesSome() throws {
        let one = ListenAddress(host: "127.0.0.1", port: 9010)
        let other = ListenAddress(host: "127.0.0.1", port: 9011)
        #expect(try #require(HSMChange("fault hang")).concerns(one))
        #expect(try #require(HSMChange("127.0.0.1:9010 fault hang")).concerns(one))
        #expect(try #require(HSMChange("127.0.0.1:9010 fault hang")).concerns(other) == false)
        #expect(try #require(HSMChange("127.0.0.1:9010-9011 fault hang")).concerns(other))
    }

    @Test(
        "understands no other line",
        arguments: [
            "", "fault", "fault bogus", "in-use", "in-use -1", "in-use 1000001", "total x", "stop 1", "x fault hang",
            "127.0.0.1:9010", "127.0.0.1:9010 127.0.0.1:9011 fault hang",
        ])
    func refusesLines(line: String) {
        #expect(HSMChange(line) == nil)
    }
}
