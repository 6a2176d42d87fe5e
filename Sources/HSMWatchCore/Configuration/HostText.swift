// SPDX-License-Identifier: Apache-2.0

/// What may stand for a host: an IPv4 address, an IPv6 address or a host name. Nothing is resolved here.
package enum HostText {
    /// Why `text` is neither an IPv4 address nor a host name (RFC 1123); nil when it is one.
    package static func problem(_ text: String) -> String? {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // A name whose last label is a number is an IPv4 address (RFC 1123 section 2.1), if a broken one.
        if let last = labels.last, isDigits(last) {
            return isIPv4(text)
                ? nil : "\(text.quoted) is not an IPv4 address; allowed: four numbers 0 … 255 without leading zeros"
        }
        guard text.utf8.count <= ConfigurationLimits.hostNameLength, labels.allSatisfy(isLabel) else {
            return "\(text.quoted) is not a host; allowed: an IPv4 address, [v6], "
                + "or a name of letters, digits, - and ., at most \(ConfigurationLimits.hostNameLength) characters, "
                + "\(ConfigurationLimits.hostLabelLength) between two dots"
        }
        return nil
    }

    /// Whether `text` is an address, and no name to look up.
    static func isAddress(_ text: String) -> Bool { isIPv4(text) || isIPv6(text) }

    /// Whether `text` is an IPv4 address in four decimal parts without leading zeros, which some systems read as octal.
    package static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { WholeNumber.parse($0).map { $0 <= 255 } ?? false }
    }

    /// Whether `text` is an IPv6 address (RFC 4291 section 2.2), without brackets and zone.
    package static func isIPv6(_ text: String) -> Bool {
        let halves = splitAtDoubleColon(text)
        guard halves.count <= 2 else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            guard let count = groupCount(half, mayEndInIPv4: index == halves.count - 1) else { return false }
            groups += count
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }

    /// Number of 16-bit groups in a part of an IPv6 address without `::`; nil when it is not one.
    private static func groupCount(_ text: Substring, mayEndInIPv4: Bool) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let last = parts.last else { return nil }
        if mayEndInIPv4, last.contains(".") {
            return isIPv4(last) && parts.dropLast().allSatisfy(isGroup) ? parts.count + 1 : nil
        }
        return parts.allSatisfy(isGroup) ? parts.count : nil
    }

    private static func splitAtDoubleColon(_ text: String) -> [Substring] {
        var halves: [Substring] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" {
                halves.append(text[start..<index])
                start = text.index(after: next)
                index = start
            } else {
                index = next
            }
        }
        return halves + [text[start...]]
    }

    private static func isGroup(_ text: Substring) -> Bool {
        (1...4).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        (1...ConfigurationLimits.hostLabelLength).contains(text.utf8.count)
            && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
