// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// Messages as syslog: what a damaged disk may have left of one, and those with arbitrary texts in their fields.
enum SyslogFuzz {
    /// Bytes around what is encoded, and what one byte may become at the most: U+FFFD.
    private static let overhead = 512
    private static let growth = 3

    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        let kind = input.byte()
        let configuration = SyslogConfiguration(
            format: kind & 1 == 0 ? .rfc5424 : .legacy, facility: input.element(of: SyslogFacility.allCases))
        let encoder = SyslogEncoder(configuration) { _ in LocalTime(offset: 18_000, zone: "PKT") }
        let body = kind & 2 == 0 ? input.piece() : try message(&input)
        let text = encoder.encode(body, spooledAt: Timestamp(milliseconds: 1_785_432_180_125))
        try check(text, of: body, configuration)
    }

    private static func check(
        _ bytes: [UInt8], of body: [UInt8], _ configuration: SyslogConfiguration
    ) throws(Violation) {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Violation("no UTF-8: \(bytes)") }
        try require(bytes.count <= overhead + growth * body.count, "\(bytes.count) bytes of \(body.count)")
        let endsLine = text.unicodeScalars.contains { scalar in
            switch scalar.value {
            case 0x20...0x7E, 0xA0...0x2027, 0x202A...: false
            default: true
            }
        }
        try require(!endsLine, "more than one line, or a control character: \(text.debugDescription)")
        var line = SyslogLine(bytes)
        guard let priority = line.priority() else { throw Violation("no priority: \(text)") }
        let commands = text.matches(of: /<[^<>]*>/).dropFirst().filter { !CommandFrame.isReply(String($0.output)) }
        try require(commands.isEmpty, "an HSM could read a command: \(text)")
        try require(priority / 8 == configuration.facility.code, "priority \(priority): \(text)")
        try require(configuration.format == .legacy || line.isModern(), "not RFC 5424: \(text)")
    }

    /// A message with arbitrary text wherever a text comes from outside.
    private static func message(_ input: inout FuzzInput) throws(Violation) -> [UInt8] {
        let subject = Subject(
            name: "khi-1", address: HostPort(host: input.text(), port: 9010), queryPort: nil,
            fields: (0..<Int(input.byte() % 4)).map { Field(name: "field.\($0)", value: input.text()) })
        let assessment = Assessment(
            state: .unknown, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50),
            misconfigured: [])
        let content: Event.Content =
            switch input.byte() % 4 {
            case 0: .probeFailure(subject, Failure(.dns, input.text()), assessment)
            case 1: .service(.outputDown(output: "a", endpoint: input.text(), reason: input.text()))
            case 2: .service(.reloadFailed(reason: input.text()))
            default:
                .stateChange(
                    subject, Transition(from: .ok, to: .unknown, lasted: .seconds(1)),
                    .failure(Failure(.hsmError, input.text())), assessment.thresholds)
            }
        let time = Timestamp(milliseconds: Int64(input.number(bits: 40)))
        return try MessageInvariants.check(Event(timestamp: time, content: content), source: input.visibleText())
    }
}
