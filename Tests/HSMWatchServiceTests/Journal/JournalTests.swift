// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import HSMWatchCore
import HSMWatchService
import Logging
import Synchronization
import Testing

@Suite("Journal")
struct JournalTests {
    /// Collects what would go to the journal.
    private final class Collector: Sendable {
        private let entries = Mutex<[JournalEntry]>([])

        var all: [JournalEntry] { entries.withLock { $0 } }

        func add(_ entry: JournalEntry) {
            entries.withLock { $0.append(entry) }
        }
    }

    private static let subject = Subject(
        name: "khi-2", address: HostPort(host: "10.10.5.6", port: 9010), queryPort: 9010, fields: [])

    private static func text(_ entry: JournalEntry) -> [String] {
        entry.journalFields.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a state change carries the fields that an administrator searches by")
    func stateChange() throws {
        let collector = Collector()
        let writer = JournalWriter { collector.add($0) }
        let logger = Logger(label: "test") { _ in JournalLogHandler(writer: writer) }
        let reading = try #require(Reading(available: 12, total: 256))
        let change = Event.Content.stateChange(
            Self.subject, Transition(from: .ok, to: .critical, lasted: .seconds(90)), .reading(reading, reply: ""),
            AppliedThresholds(warning: 100, critical: 50))
        logger.note(.event(Event(timestamp: Timestamp(milliseconds: 0), content: change)))
        writer.flush()
        let entry = try #require(collector.all.first)
        let fields = Self.text(entry)
        for field in [
            "PRIORITY=2", "SYSLOG_IDENTIFIER=hsmwatch", "HSM_NAME=khi-2", "HSM_ADDRESS=10.10.5.6:9010",
            "HSM_STATE=critical", "HSM_PREVIOUS_STATE=ok", "SOCKETS_AVAILABLE=12", "SOCKETS_TOTAL=256",
            "QUERY_PORT=9010", "MESSAGE_ID=8128d6ae3c7f40b7a5cd2615e3f0a4b7",
        ] {
            #expect(fields.contains(field))
        }
        #expect(fields.first?.hasPrefix("MESSAGE=HSM khi-2 at 10.10.5.6:9010") ?? false)
    }

    @Test("a failure names its kind; readings and reminders are logged at debug only")
    func levels() throws {
        let collector = Collector()
        let writer = JournalWriter { collector.add($0) }
        var logger = Logger(label: "test") { _ in JournalLogHandler(writer: writer) }
        let reading = try #require(Reading(available: 200, total: 256))
        let assessment = Assessment(
            state: .ok, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50), misconfigured: [])
        let reminder = Event.Content.reminder(
            Self.subject,
            Reminder(
                state: .critical, lasted: .seconds(240), isWhole: true, outcome: .reading(reading, reply: ""),
                thresholds: AppliedThresholds(warning: nil, critical: 50)))
        for content in [
            Event.Content.reading(Self.subject, reading, reply: "", latency: .zero, assessment),
            reminder,
            .probeFailure(Self.subject, Failure(.refused, "connection refused"), assessment),
        ] {
            logger.note(.event(Event(timestamp: Timestamp(milliseconds: 0), content: content)))
        }
        writer.flush()
        #expect(collector.all.count == 1)
        #expect(collector.all.first.map(Self.text)?.contains("FAILURE=refused") ?? false)
        logger.logLevel = .debug
        logger.note(.event(Event(timestamp: Timestamp(milliseconds: 0), content: reminder)))
        writer.flush()
        let fields = try #require(collector.all.last.map(Self.text))
        for field in ["PRIORITY=7", "HSM_NAME=khi-2", "QUERY_PORT=9010", "HSM_STATE=critical", "SOCKETS_AVAILABLE=200"]
        {
            #expect(fields.contains(field))
        }
        #expect(fields.contains("MESSAGE=HSM khi-2 #9010 is still critical: 200 of 256 sockets available, for 4 min"))
    }

    @Test("no text can forge a field or a line")
    func forgery() {
        let entry = JournalEntry(
            level: .error, text: "a\nPRIORITY=0\u{1B}[31m",
            fields: ["REASON": "x\nHSM_NAME=forged", "plain": "no field"])
        #expect(Self.text(entry).filter { $0.hasPrefix("HSM_NAME=") || $0.hasPrefix("plain") }.isEmpty)
        #expect(Self.text(entry).contains("MESSAGE=a·PRIORITY=0·[31m"))
        #expect(Self.text(entry).contains("REASON=x·HSM_NAME=forged"))
        #expect(entry.line(at: "now") == "now ERROR a·PRIORITY=0·[31m")
        let turned = JournalEntry(level: .error, text: "\u{202E}a\u{2028}b\u{9B}31m", fields: [:])
        #expect(turned.line(at: "now") == "now ERROR ·a·b·31m")
    }

    @Test("a log that is stuck drops what does not fit, never waits, and says so when it goes on")
    func stuck() throws {
        let collector = Collector()
        let gate = DispatchSemaphore(value: 0)
        let writer = JournalWriter { entry in
            gate.wait()
            collector.add(entry)
            gate.signal()
        }
        for number in 0..<(JournalWriter.queueLimit + 10) {
            writer.write(JournalEntry(level: .info, text: "\(number)", fields: [:]))
        }
        gate.signal()
        writer.flush()
        #expect(collector.all.count == JournalWriter.queueLimit + 1)
        #expect(collector.all.filter { $0.text == "10 log entries were dropped: the log is slow" }.count == 1)
    }

    @Test("the journal is used only when $JOURNAL_STREAM names our own stderr")
    func stream() {
        var status = stat()
        #expect(fstat(STDERR_FILENO, &status) == 0)
        #expect(JournalWriter.isJournal(STDERR_FILENO, stream: "\(status.st_dev):\(status.st_ino)"))
        #expect(!JournalWriter.isJournal(STDERR_FILENO, stream: "\(status.st_dev):\(status.st_ino + 1)"))
        #expect(!JournalWriter.isJournal(STDERR_FILENO, stream: nil))
        #expect(!JournalWriter.isJournal(-1, stream: "0:0"))
    }
}
