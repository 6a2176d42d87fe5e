// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a syslog server has printed until now.
struct SyslogRecord: Sendable, CustomStringConvertible {
    /// What others have sent, in the order in which it was printed.
    private(set) var messages: [SyslogMessage] = []
    /// What it has said itself.
    private(set) var remarks: [SyslogMessage] = []
    /// Lines that are not what its configuration makes.
    private(set) var strange: [String] = []
    private var rest = Data()

    /// What its own remarks come from.
    private static let servers = ["rsyslogd", "syslog-ng"]
    /// The greatest level of a remark that something is wrong: error.
    private static let greatestLevelOfComplaint = 3

    /// How often it has said that it has begun. Then it listens.
    var starts: Int { remarks.count { $0.text.hasSuffix(" start") || $0.text.hasPrefix("syslog-ng starting up") } }
    /// What it has found wrong.
    var complaints: [String] { remarks.filter { $0.level <= Self.greatestLevelOfComplaint }.map(\.text) }
    var sequences: [Int] { messages.compactMap(\.sequence) }

    var description: String {
        "\(messages.count) messages, the last \(messages.last.map { "\($0)" } ?? "missing"); "
            + "complaints: \(complaints); strange: \(strange)"
    }

    /// Whether all messages up to this number are here, each at least once.
    func hasAll(through sequence: Int) -> Bool {
        Set(sequences).isSuperset(of: 1...sequence)
    }

    /// Forgets the beginning of a line: a process has ended within it.
    mutating func startOver() {
        rest = Data()
    }

    mutating func add(_ data: Data) {
        rest.append(data)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(line: Data(rest[..<end]))
            rest.removeSubrange(...end)
        }
    }

    private mutating func add(line: Data) {
        guard let message = try? SyslogMessage(line: line) else {
            strange.append(String(decoding: line, as: UTF8.self))
            return
        }
        if Self.servers.contains(where: message.appName.hasPrefix) {
            remarks.append(message)
        } else {
            messages.append(message)
        }
    }
}
