// SPDX-License-Identifier: Apache-2.0

/// Where to listen: one host and one port, or a range of ports: `127.0.0.1:9010`, `[::1]:0`, `127.0.0.1:20000-24999`.
///
/// Port 0 stands for a free port that the kernel picks.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An address or a host name, without the brackets of IPv6.
    package let host: String
    /// The ports to listen on, each 0…65535; 0 only on its own.
    package let ports: ClosedRange<Int>

    /// The greatest TCP port.
    package static let maximumPort = 65535

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed = "HOST:PORT, [IPV6]:PORT or HOST:FIRST-LAST, with ports from 0 (a free one) to 65535"

    package init(host: String, port: Int) {
        self.host = host
        ports = port...port
    }

    /// Reads the text form; `nil` when it is not one.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, let ports = Self.ports(text[text.index(after: colon)...]) else { return nil }
        self.host = String(host)
        self.ports = ports
    }

    package var description: String {
        let port = ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func ports(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(port)
        switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
        case (1, let port?, _): return port...port
        case (2, let first?, let last?) where 0 < first && first <= last: return first...last
        default: return nil
        }
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text) else { return nil }
        return port <= maximumPort ? port : nil
    }
}
