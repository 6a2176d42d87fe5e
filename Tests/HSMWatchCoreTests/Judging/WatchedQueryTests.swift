// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("What is known of one query")
struct WatchedQueryTests {
    private static let hsm = HSMConfiguration(
        name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010), alert: .prompt())

    private static func reading(_ available: Int, at second: Int) throws -> Observation {
        let reading = try #require(Reading(available: available, total: 256))
        return Observation(
            outcome: .reading(reading, reply: ""), at: .seconds(second), latency: .milliseconds(second))
    }

    private static func failure(_ kind: Failure.Kind, _ detail: String = "", at second: Int) -> Observation {
        Observation(outcome: .failure(Failure(kind, detail)), at: .seconds(second), latency: .zero)
    }

    @Test("shows the last reading, and after a failure only its total")
    func status() throws {
        var query = WatchedQuery(.everything, of: Self.hsm, at: .seconds(0))
        #expect(query.status.state == .unknown && query.status.since == .seconds(0))
        _ = query.note(try Self.reading(200, at: 1))
        _ = query.note(try Self.reading(190, at: 2))
        var status = query.status
        #expect(status.state == .ok && status.since == .seconds(1))
        #expect(status.available == 190 && status.total == 256 && status.failure == nil)
        #expect(status.latency == .milliseconds(2) && status.probedAt == Moment.seconds(2).timestamp)
        _ = query.note(Self.failure(.refused, at: 3))
        status = query.status
        #expect(status.available == nil && status.total == 256 && status.failure?.kind == .refused)
        #expect(status.history.readings == [200, 190, nil])
        #expect(query.reading?.available == 190)
    }

    @Test("lasts in a state since the observation that confirmed it")
    func since() throws {
        var query = WatchedQuery(.everything, of: Self.hsm, at: .seconds(0))
        for (second, available, since) in [(1, 200, 1), (2, 200, 1), (3, 0, 3), (4, 0, 3)] {
            _ = query.note(try Self.reading(available, at: second))
            #expect(query.status.since == .seconds(since))
        }
    }

    @Test("logs a failure once until it changes, and every other event each time")
    func journal() throws {
        var query = WatchedQuery(.everything, of: Self.hsm, at: .seconds(0))
        func logged(_ observation: Observation) -> [Event.Kind] {
            let finding = query.note(observation)
            return finding.events.filter(finding.isLogged).map(\.kind)
        }
        #expect(logged(try Self.reading(200, at: 1)) == [.reading, .stateChange])
        #expect(logged(Self.failure(.refused, "a", at: 2)).contains(.probeFailure))
        #expect(!logged(Self.failure(.refused, "b", at: 3)).contains(.probeFailure))
        #expect(logged(Self.failure(.closed, at: 4)).contains(.probeFailure))
    }

    @Test("says that a failure has ended only where no change of state says it")
    func ended() throws {
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010), alert: .prompt(failures: 2))
        var query = WatchedQuery(.everything, of: hsm, at: .seconds(0))
        _ = query.note(try Self.reading(200, at: 1))
        _ = query.note(Self.failure(.refused, at: 2))
        #expect(query.note(try Self.reading(200, at: 3)).hasFailureEnded)
        _ = query.note(Self.failure(.refused, at: 4))
        _ = query.note(Self.failure(.refused, at: 5))
        let recovery = query.note(try Self.reading(200, at: 6))
        #expect(recovery.assessment.transition?.to == .ok && !recovery.hasFailureEnded)
    }

    @Test("keeps state and history when the thresholds change")
    func change() throws {
        var query = WatchedQuery(.everything, of: Self.hsm, at: .seconds(0))
        _ = query.note(try Self.reading(200, at: 1))
        query.change(
            to: HSMConfiguration(
                name: "khi-1", address: Self.hsm.address, alert: AlertConfiguration(critical: .absolute(7))))
        #expect(query.status.thresholds.critical == 7)
        #expect(query.status.state == .ok && query.status.history.readings == [200])
    }
}
