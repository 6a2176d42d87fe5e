// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// A host that is expected, and the names of the certificate that its peer shows. A host that is accepted can be written
/// into a request, a log and a certificate's check, and a certificate stands for no other host than it says.
enum HostsFuzz {
    /// Pieces of a certificate's names that are read.
    private static let namesLimit = 20
    /// Characters between the names that a certificate's text shows, and of "and … more".
    private static let separators = 64

    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        let text = input.text()
        try checkHost(text)
        try checkAddress(text)
        var names: [String] = []
        while !input.isEmpty, names.count < namesLimit { names.append(input.text()) }
        try checkNames(names, of: text)
    }

    /// A host is visible ASCII in which nothing separates it from what stands around it.
    private static func checkHost(_ text: String) throws(Violation) {
        if let problem = HostText.problem(text) { return try requireVisible(problem, "the problem with a host") }
        try require(isPlain(text) && !text.utf8.contains(UInt8(ascii: ":")), "the host \(text.debugDescription)")
        try require(text.utf8.count <= ConfigurationLimits.hostNameLength + 1, "a host of \(text.utf8.count) bytes")
    }

    private static func checkAddress(_ text: String) throws(Violation) {
        for text in [text, text + ":9010", "[\(text)]:9010"] {
            let address: HostPort
            do {
                address = try HostPort(parsing: text)
            } catch {
                try requireVisible(error.description, "the problem with an address")
                continue
            }
            try require(isPlain(address.host), "the host \(address.host.debugDescription)")
            let again = try? HostPort(parsing: address.description)
            try require(again == address, "\(text) is \(address), and that is \(String(describing: again))")
        }
    }

    private static func checkNames(_ names: [String], of host: String) throws(Violation) {
        let certificate = CertificateNames(names: names, addresses: [Array(host.utf8)])
        let shown = certificate.text
        try require(shown.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "the names \(shown.debugDescription)")
        let limit = CertificateNames.shownLimit * (CertificateNames.textLimit + separators) + 4 * host.utf8.count
        try require(shown.utf8.count <= limit, "names of \(shown.utf8.count) characters")
        for name in names {
            let only = CertificateNames(names: [name], addresses: [])
            guard PeerIdentity.name(host).isCarried(by: only) else { continue }
            // What differs is at most the case, the first label, and a dot at the end of the host.
            let expected = labels(host.utf8.last == UInt8(ascii: ".") ? String(host.unicodeScalars.dropLast()) : host)
            let found = labels(name)
            try require(expected.count == found.count, "\(name.debugDescription) stands for \(host.debugDescription)")
            try require(
                expected.dropFirst() == found.dropFirst(),
                "\(name.debugDescription) stands for \(host.debugDescription)")
            try require(
                expected.first == found.first || (found.first == "*" && found.count > 2),
                "\(name.debugDescription) stands for \(host.debugDescription)")
        }
    }

    private static func labels(_ name: String) -> [String] {
        name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { label in
            String(decoding: label.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
        }
    }

    /// Whether the text is ASCII without a space and without what ends a host in an address, a URL, a frame or a shell.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"<>#/@[]()\"'`\\;&|$?,{}".utf8.contains($0) }
    }
}
