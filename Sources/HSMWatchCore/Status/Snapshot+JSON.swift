// SPDX-License-Identifier: Apache-2.0

extension Snapshot {
    /// Bytes that hold a common HSM without growing.
    private static let commonSize = 512

    /// The snapshot as one JSON object in UTF-8, on one line with a line feed behind it. What is not known is left out.
    package var json: [UInt8] {
        var head = JSONWriter()
        head.integer(.version, Self.schema)
        head.string(.hsmwatch, process.version)
        head.integer(.pid, process.identifier)
        head.string(.configuration, process.configuration)
        head.time(.takenAt, takenAt.timestamp)
        head.time(.startedAt, process.startedAt)
        head.integer(.uptime, Int(counts.uptime.wholeSeconds))
        head.integer(.probes, counts.probes)
        head.integer(.probesFailed, counts.probesFailed)
        head.integer(.probesSkipped, counts.probesSkipped)
        head.integer(.hsmsOverdue, counts.hsmsOverdue)
        head.integer(.clockUnsynchronised, clockUnsynchronised.map { Int($0.wholeSeconds) })

        var states = JSONWriter()
        for state in HSMState.allCases { states.integer(state.rawValue, counts.states[state, default: 0]) }

        var spool = JSONWriter()
        spool.integer(.waiting, counts.spooled)
        spool.integer(.dropped, counts.dropped)
        spool.string(.storage, storage.rawValue)

        var bytes: [UInt8] = [UInt8(ascii: "{")]
        bytes.reserveCapacity((hsms.count + outputs.count + 1) * Self.commonSize)
        bytes.append(contentsOf: head.bytes.dropFirst())
        bytes.append(.states, [states.object])
        bytes.append(.spool, [spool.object])
        bytes.append(.hsms, open: "[", hsms.lazy.map { $0.json(at: takenAt) }, close: "]")
        bytes.append(.outputs, open: "[", outputs.lazy.map { $0.json(at: takenAt) }, close: "]")
        bytes.append(contentsOf: "}\n".utf8)
        return bytes
    }
}

extension HSMSnapshot {
    fileprivate func json(at now: Moment) -> [UInt8] {
        var json = JSONWriter()
        json.string(.name, name)
        json.string(.address, address.description)
        json.integer(.queryPort, queryPort.map(Int.init))
        json.string(.state, state.rawValue)
        json.time(.since, .sinceAge, status.since, at: now)
        json.integer(.available, status.available)
        json.integer(.total, status.total)
        json.decimal(.latency, status.latency.map { Int($0.wholeNanoseconds / 1000) })
        json.string(.failure, status.failure?.kind.rawValue)
        json.string(.failureDetail, status.failure?.detail)
        json.integer(.errorCode, status.failure?.errorCode)
        json.time(.lastProbeAt, status.probedAt)
        json.integer(.warning, status.thresholds.warning)
        json.integer(.critical, status.thresholds.critical)
        json.integer(.exhaustion, status.exhaustionSeconds)
        json.integer(.untilCritical, status.criticalSeconds)

        var bytes = json.object
        bytes.removeLast()
        let readings = status.history.readings.lazy.map { Array(($0.map { "\($0)" } ?? "null").utf8) }
        bytes.append(.readings, open: "[", readings, close: "]")
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension OutputSnapshot {
    fileprivate func json(at now: Moment) -> [UInt8] {
        var json = JSONWriter()
        json.string(.name, name)
        json.string(.type, kind.rawValue)
        json.string(.confirmation, confirmation.rawValue)
        json.string(.endpoint, status.endpoint.description)
        json.string(.state, status.state.rawValue)
        json.time(.since, .sinceAge, status.since, at: now)
        json.string(.tls, status.tls)
        json.integer(.spooled, spooled)
        json.time(.confirmedAt, .confirmedAge, status.confirmedAt, at: now)
        json.integer(.dropped, dropped)
        json.string(.lastError, status.lastError)
        json.time(.lastErrorAt, .lastErrorAge, status.lastErrorAt, at: now)
        return json.object
    }
}

extension JSONWriter {
    /// The fields as an object. The writer begins each with a comma.
    fileprivate var object: [UInt8] {
        [UInt8(ascii: "{")] + bytes.dropFirst() + [UInt8(ascii: "}")]
    }

    fileprivate mutating func string(_ key: SnapshotKey, _ value: String?) {
        if let value { string(key.rawValue, value) }
    }

    fileprivate mutating func integer(_ key: SnapshotKey, _ value: Int?) {
        if let value { integer(key.rawValue, value) }
    }

    fileprivate mutating func decimal(_ key: SnapshotKey, _ thousandths: Int?) {
        if let thousandths { decimal(key.rawValue, thousandths: thousandths) }
    }

    /// A time in civil time, and how many seconds ago it was by the monotonic clock.
    fileprivate mutating func time(_ key: SnapshotKey, _ age: SnapshotKey, _ moment: Moment?, at now: Moment) {
        guard let moment else { return }
        time(key, moment.timestamp)
        integer(age, Int(max(.zero, now.instant - moment.instant).wholeSeconds))
    }

    /// Seconds since the Unix epoch, with three decimals.
    fileprivate mutating func time(_ key: SnapshotKey, _ timestamp: Timestamp?) {
        decimal(key, timestamp.map { Int($0.milliseconds) })
    }
}

extension [UInt8] {
    /// Appends a field whose value is what `values` are, with commas between them.
    fileprivate mutating func append(
        _ key: SnapshotKey, open: String = "", _ values: some Sequence<[UInt8]>, close: String = ""
    ) {
        append(contentsOf: ",\"\(key.rawValue)\":\(open)".utf8)
        var isFirst = true
        for value in values {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            append(contentsOf: value)
        }
        append(contentsOf: close.utf8)
    }
}
