// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import NIOCore
import Testing

/// Says by ICMP, as a firewall does, that datagrams between two ports of this machine are forbidden (RFC 792, RFC 1812).
enum ForbiddingRouter {
    /// Only root may write ICMP. Under CI a test that cannot run is a failure, never a skip.
    static let isPossible = geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] == "true"

    /// Communication administratively prohibited.
    private static let unreachable: [UInt8] = [3, 13]

    /// Tells the sender of a datagram about it.
    static func forbid(from source: UInt16, to destination: UInt16) throws {
        let router = socket(AF_INET, CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), CInt(IPPROTO_ICMP))
        try #require(router >= 0)
        defer { close(router) }
        let loopback: [UInt8] = [127, 0, 0, 1]
        let addresses: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, UInt8(IPPROTO_UDP), 0, 0] + loopback + loopback
        let ports = [source, destination].flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        var message = unreachable + [0, 0, 0, 0, 0, 0] + addresses + ports + [0, 8, 0, 0]
        let sum = checksum(message)
        message[2] = UInt8(sum >> 8)
        message[3] = UInt8(truncatingIfNeeded: sum)
        let sent = try SocketAddress(ipAddress: "127.0.0.1", port: 0).withSockAddr {
            sendto(router, message, message.count, 0, $0, socklen_t($1))
        }
        try #require(sent == message.count)
    }

    /// RFC 1071.
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum = stride(from: 0, to: bytes.count, by: 2).reduce(UInt32(0)) {
            $0 + UInt32(bytes[$1]) << 8 + UInt32(bytes[$1 + 1])
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }
}
