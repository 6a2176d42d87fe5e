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
            uptime: .seconds(try fields.number(.uptime)))
        let process = Process(
            version: try fields.decode(String.self, forKey: .hsmwatch),
            identifier: try fields.number(.pid),
            startedAt: try fields.time(.startedAt),
            configuration: try fields.decodeIfPresent(String.self, forKey: .configuration))
        self.init(
            takenAt: try fields.time(.takenAt), process: process, counts: counts,
            storage: try spool.word(.storage),
            hsms: try fields.decode([HSMSnapshot].self, forKey: .hsms),
            outputs: try fields.decode([OutputSnapshot].self, forKey: .outputs))
    }
}

extension HSMSnapshot: Decodable {
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: SnapshotKey.self)
        var status = QueryStatus(since: try fields.time(.since))
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

extension OutputSnapshot: Decodable {
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: SnapshotKey.self)
        var status = OutputStatus(endpoint: try fields.hostPort(.endpoint), at: try fields.time(.since))
        status.state = try fields.word(.state)
        status.tls = try fields.decodeIfPresent(String.self, forKey: .tls)
        status.confirmedAt = try fields.timeIfPresent(.confirmedAt)
        status.lastError = try fields.decodeIfPresent(String.self, forKey: .lastError)
        status.lastErrorAt = try fields.timeIfPresent(.lastErrorAt)
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

    fileprivate func time(_ key: SnapshotKey) throws -> Timestamp {
        Timestamp(milliseconds: try whole(try decode(Double.self, forKey: key) * 1000, in: self))
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
