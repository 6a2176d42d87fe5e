// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Where a Graylog answers REST requests: `https://graylog.example.net/api`.
package struct GraylogURL: Equatable, Sendable {
    /// What a request is spoken over, with its port.
    private static let schemes = [(prefix: "https://", port: 443), (prefix: "http://", port: 80)]
    private static let example = "https://graylog.example.net/api"

    /// Whether TLS is spoken.
    package let isSecure: Bool
    package let endpoint: HostPort
    /// Begins with `/` and does not end with it.
    package let path: String

    /// Reads a URL with `https`, or with `http` when nothing leaves this machine: every request carries the token.
    package init(parsing text: String) throws(InvalidText) {
        do {
            try self.init(reading: text)
        } catch {
            // What may be a password is not shown.
            throw text.utf8.contains(UInt8(ascii: "@"))
                ? InvalidText("a URL without a user and a password is needed; who asks is said by the token") : error
        }
    }

    private init(reading text: String) throws(InvalidText) {
        guard let scheme = Self.schemes.first(where: { text.lowercased().hasPrefix($0.prefix) }) else {
            throw InvalidText("\(text.quoted) is not a URL; allowed: \(Self.example)")
        }
        let rest = text.dropFirst(scheme.prefix.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A combining mark after the @ makes another Character of it, but not another byte.
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw InvalidText("has a user") }
        isSecure = scheme.port == 443
        var endpoint = try HostPort(
            destination: Self.hasPort(authority) ? String(authority) : "\(authority):\(scheme.port)")
        endpoint.host = HostText.withoutRoot(endpoint.host)
        self.endpoint = endpoint
        guard !endpoint.hasZone else {
            throw InvalidText(
                "\(text.quoted) has a zone, which no URL can have; allowed: an address without one, or a name")
        }
        guard isSecure || Self.isLoopback(endpoint.host) else {
            throw InvalidText(
                "\(text.quoted) would send the token in the clear; allowed: https, or http to this machine's loopback")
        }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        guard !path.isEmpty else {
            throw InvalidText("\(text.quoted) has no path; Graylog's REST API is below /api, as in \(Self.example)")
        }
        self.path = try HTTPText.checkPath(String(path))
    }

    private static func hasPort(_ authority: Substring) -> Bool {
        guard let colon = authority.lastIndex(of: ":") else { return false }
        return authority[colon...].firstIndex(of: "]") == nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || IPAddress(v4: host)?.bytes.first == 127
    }
}

extension GraylogURL: CustomStringConvertible {
    /// Without a port that the scheme has anyway.
    package var description: String {
        let isUsual = Self.schemes.contains { $0.port == endpoint.port && ($0.port == 443) == isSecure }
        let scheme = isSecure ? "https" : "http"
        let place = "\(endpoint)"
        let authority = isUsual ? place.dropLast(":\(endpoint.port)".count) : place[...]
        return "\(scheme)://\(authority)\(path)"
    }
}
