// SPDX-License-Identifier: Apache-2.0

/// How `hsmwatch status` reads what `json` has written; unknown fields are passed over, so that a newer service can be
/// asked too.
extension Snapshot: Decodable {
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: SnapshotKey.self)
        let schema = try fields.number(.version)
        guard schema == Self.schema else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: fields, debugDescription: "the schema \(schema) is not \(Self.schema)")
        }
        let states = try fields.decode([String: Int].self, forKey: .states).mapValues { try number($0, in: fields) }
        let spool = try fields.nestedContainer(keyedBy: SnapshotKey.self, forKey: .spool)
        let counts = Heartbeat(
            states: Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, states[$0.rawValue] ?? 0) }),
            probes: try fields.number(.probes),
            probesFailed: try fields.number(.probesFailed),
            probesSkipped: try fields.number(.probesSkipped),
            spooled: try spool.number(.waiting),
            dropped: try spool.number(.dropped),
            hsmsOverdue: try fields.numberIfPresent(.hsmsOverdue) ?? 0,
            uptime: .seconds(try fields.number(.uptime)))
        let process = Process(
            version: try fields.decode(String.self, forKey: .hsmwatch),
            identifier: try fields.number(.pid),
            startedAt: try fields.time(.startedAt),
            configuration: try fields.decodeIfPresent(String.self, forKey: .configuration))
        let takenAt = Moment(instant: Instant(nanoseconds: 0), timestamp: try fields.time(.takenAt))
        self.init(
            takenAt: takenAt, process: process, counts: counts,
            storage: try spool.word(.storage),
            clockUnsynchronised: try fields.numberIfPresent(.clockUnsynchronised).map { .seconds($0) },
            hsms: try fields.list(.hsms) { fields in try HSMSnapshot(fields, takenAt: takenAt) },
            outputs: try fields.list(.outputs) { fields in try OutputSnapshot(fields, takenAt: takenAt) })
    }
}

extension HSMSnapshot {
    fileprivate init(_ fields: KeyedDecodingContainer<SnapshotKey>, takenAt: Moment) throws {
        var status = QueryStatus(since: try fields.moment(.since, .sinceAge, takenAt))
        status.state = try fields.word(.state)
        status.available = try fields.numberIfPresent(.available)
        status.total = try fields.numberIfPresent(.total)
        if fields.contains(.failure) {
            status.failure = Failure(
                try fields.word(.failure), try fields.decodeIfPresent(String.self, forKey: .failureDetail) ?? "",
                errorCode: try fields.numberIfPresent(.errorCode))
        }
        status.latency = try fields.decodeIfPresent(Double.self, forKey: .latency).map {
            .microseconds(try whole($0 * 1000, in: fields))
        }
        status.probedAt = try fields.timeIfPresent(.lastProbeAt)
        status.thresholds = AppliedThresholds(
            warning: try fields.numberIfPresent(.warning),
            critical: try fields.numberIfPresent(.critical))
        status.exhaustionSeconds = try fields.numberIfPresent(.exhaustion)
        status.criticalSeconds = try fields.numberIfPresent(.untilCritical)
        for reading in try fields.decode([Int?].self, forKey: .readings) {
            status.history.add(try reading.map { try number($0, in: fields) })
        }
        self.init(
            name: try fields.decode(String.self, forKey: .name),
            address: try fields.hostPort(.address),
            queryPort: try fields.decodeIfPresent(UInt16.self, forKey: .queryPort), status: status)
    }
}

extension OutputSnapshot {
    fileprivate init(_ fields: KeyedDecodingContainer<SnapshotKey>, takenAt: Moment) throws {
        var status = OutputStatus(
            endpoint: try fields.hostPort(.endpoint), at: try fields.moment(.since, .sinceAge, takenAt))
        status.state = try fields.word(.state)
        status.tls = try fields.decodeIfPresent(String.self, forKey: .tls)
        status.confirmedAt = try fields.momentIfPresent(.confirmedAt, .confirmedAge, takenAt)
        status.lastError = try fields.decodeIfPresent(String.self, forKey: .lastError)
        status.lastErrorAt = try fields.momentIfPresent(.lastErrorAt, .lastErrorAge, takenAt)
        self.init(
            name: try fields.decode(String.self, forKey: .name), kind: try fields.word(.type),
            confirmation: try fields.word(.confirmation), status: status, spooled: try fields.number(.spooled),
            dropped: try fields.number(.dropped))
    }
}

extension KeyedDecodingContainer<SnapshotKey> {
    fileprivate func number(_ key: SnapshotKey) throws -> Int {
        try HSMWatchCore.number(try decode(Int.self, forKey: key), in: self)
    }

    fileprivate func numberIfPresent(_ key: SnapshotKey) throws -> Int? {
        contains(key) ? try number(key) : nil
    }

    /// The elements of an array of objects.
    fileprivate func list<Element>(
        _ key: SnapshotKey, _ element: (KeyedDecodingContainer<SnapshotKey>) throws -> Element
    ) throws -> [Element] {
        var list = try nestedUnkeyedContainer(forKey: key)
        var elements: [Element] = []
        while !list.isAtEnd { elements.append(try element(try list.nestedContainer(keyedBy: SnapshotKey.self))) }
        return elements
    }

    /// A civil time, also one before 1970: a machine without a clock may begin there.
    fileprivate func time(_ key: SnapshotKey) throws -> Timestamp {
        let milliseconds = (try decode(Double.self, forKey: key) * 1000).rounded()
        guard let whole = Int(exactly: milliseconds), numbers.contains(abs(whole)) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(milliseconds)")
        }
        return Timestamp(milliseconds: Int64(whole))
    }

    /// A time on both clocks. hsmwatch 0.1.0 tells no age, so its civil times are compared.
    fileprivate func moment(_ key: SnapshotKey, _ age: SnapshotKey, _ takenAt: Moment) throws -> Moment {
        let timestamp = try time(key)
        let civilAge = (takenAt.timestamp.milliseconds - timestamp.milliseconds) / 1000
        let seconds = Int64(try numberIfPresent(age) ?? Int(max(0, civilAge)))
        return Moment(instant: takenAt.instant - .seconds(min(seconds, greatestAge)), timestamp: timestamp)
    }

    fileprivate func momentIfPresent(_ key: SnapshotKey, _ age: SnapshotKey, _ takenAt: Moment) throws -> Moment? {
        contains(key) ? try moment(key, age, takenAt) : nil
    }

    fileprivate func timeIfPresent(_ key: SnapshotKey) throws -> Timestamp? {
        contains(key) ? try time(key) : nil
    }

    /// A word of which only some are known.
    fileprivate func word<Word: RawRepresentable<String>>(_ key: SnapshotKey) throws -> Word {
        let text = try decode(String.self, forKey: key)
        guard let word = Word(rawValue: text) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "unknown: \(text.quoted)")
        }
        return word
    }

    fileprivate func hostPort(_ key: SnapshotKey) throws -> HostPort {
        do {
            return try HostPort(parsing: try decode(String.self, forKey: key))
        } catch let problem as InvalidText {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(problem)")
        }
    }
}

/// What a number of the snapshot may be, so that sums and differences cannot overflow: what a Double holds exactly.
private let numbers = 0...(1 << 53)

/// Seconds of an age at the most: an `Instant` has room for 292 years.
private let greatestAge: Int64 = 9_000_000_000

/// The number itself, if it is one that hsmwatch writes.
private func number(_ number: Int, in fields: KeyedDecodingContainer<SnapshotKey>) throws -> Int {
    guard numbers.contains(number) else {
        throw DecodingError.dataCorrupted(.init(codingPath: fields.codingPath, debugDescription: "\(number)"))
    }
    return number
}

/// The number without its decimals.
private func whole(_ decimal: Double, in fields: KeyedDecodingContainer<SnapshotKey>) throws -> Int64 {
    guard let whole = Int(exactly: decimal.rounded()) else {
        throw DecodingError.dataCorrupted(.init(codingPath: fields.codingPath, debugDescription: "\(decimal)"))
    }
    return Int64(try number(whole, in: fields))
}
