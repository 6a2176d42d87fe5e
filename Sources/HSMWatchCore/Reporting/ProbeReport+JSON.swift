// SPDX-License-Identifier: Apache-2.0

/// The report for a program: one JSON object, whose fields are named as those of the messages.
extension ProbeReport {
    /// One line, without a line feed. docs/probe.md describes it.
    package var json: String {
        var head = JSONWriter()
        head.string("hsm_name", name)
        head.string("hsm_address", address.description)
        head.decimal("timestamp", thousandths: Int(startedAt.milliseconds))
        head.string("status", status.name)
        let lists = [("phases", phases.map(\.json)), ("answers", findings.map(\.json))]
        let bytes = lists.reduce(into: head.bytes) { $0 += Self.list($1.0, $1.1) }
        return String(decoding: Self.object(bytes), as: UTF8.self)
    }

    /// A field whose value is a list of finished values. Messages have none: Graylog drops them.
    fileprivate static func list(_ name: String, _ elements: [[UInt8]]) -> [UInt8] {
        Array(",\"\(name)\":[".utf8) + elements.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// The object of fields that stand each after a comma.
    fileprivate static func object(_ fields: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "{")] + fields.dropFirst() + [UInt8(ascii: "}")]
    }
}

extension ProbePhase {
    fileprivate var json: [UInt8] {
        var json = JSONWriter()
        json.string("phase", name)
        json.decimal("at_ms", thousandths: Int(time.wholeNanoseconds / 1000))
        var addresses: [UInt8] = []
        switch kind {
        case .resolved(let found):
            addresses = ProbeReport.list("addresses", found.map { JSONWriter.quoted($0.host) })
        case .unresolved(let detail), .ended(let detail):
            json.string("detail", detail)
        case .connected(let address):
            json.string("address", address.description)
        case .notConnected(let address, let failure):
            json.string("address", address.description)
            json.string("failure", failure.kind.rawValue)
            json.string("detail", failure.detail)
        case .asked(let request):
            json.string("sent", EscapedBytes.text(request.bytes))
        case .answered(let received), .received(let received):
            json.string("received", EscapedBytes.text(received.beginning))
            json.integer("bytes", received.count)
        case .expired:
            break
        }
        return ProbeReport.object(json.bytes + addresses)
    }

    private var name: String {
        switch kind {
        case .resolved: "resolved"
        case .unresolved: "unresolved"
        case .connected: "connected"
        case .notConnected: "not_connected"
        case .asked: "asked"
        case .answered: "answered"
        case .received: "received"
        case .ended: "ended"
        case .expired: "expired"
        }
    }
}

extension ProbeReport.Finding {
    fileprivate var json: [UInt8] {
        var json = JSONWriter()
        if let port = subject.queryPort { json.integer("query_port", Int(port)) }
        json.string("status", ProbeStatus(verdict).name)
        if let judged { json.append(judged) }
        return ProbeReport.object(json.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ judged: ProbeReport.Finding.Judged) {
        string("state", judged.assessment.state.rawValue)
        switch judged.observation.outcome {
        case .reading(let reading, let reply):
            integer("sockets_available", reading.available)
            integer("sockets_total", reading.total)
            integer("sockets_consumed", reading.consumed)
            decimal("sockets_consumed_percent", tenths: reading.consumedPermille)
            decimal("latency_ms", thousandths: Int(judged.observation.latency.wholeNanoseconds / 1000))
            string("reply", Reply.printable(reply.utf8))
        case .failure(let failure):
            string("failure", failure.kind.rawValue)
            string("failure_detail", failure.detail)
            if let code = failure.errorCode { integer("hsm_error_code", code) }
        }
        if let warning = judged.assessment.thresholds.warning { integer("threshold_warning", warning) }
        if let critical = judged.assessment.thresholds.critical { integer("threshold_critical", critical) }
    }
}
