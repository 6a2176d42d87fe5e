// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Reminders, by a clock that is five minutes ahead", .timeLimit(.minutes(1)))
struct ReminderMessagesTests {
    private nonisolated static let ahead = Duration.seconds(300)

    private let folder: TemporaryFolder
    private let notes = Notes()

    init() throws {
        folder = try TemporaryFolder()
    }

    private nonisolated static func later() -> Moment {
        Moment(instant: .now + ahead, timestamp: .now)
    }

    private func spool(_ kinds: Set<Event.Kind>) -> Spool {
        Spool(
            file: SpoolFile(directory: folder.path), outputs: [Subscription(name: "a", kinds: kinds)],
            limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"), logger: notes.logger)
    }

    private static func configuration(_ name: String, _ hsm: HSMSimulator, ports: [UInt16] = []) -> HSMConfiguration {
        HSMConfiguration(
            name: name, address: HostPort(host: hsm.address.host, port: UInt16(clamping: hsm.address.ports.lowerBound)),
            queryPorts: ports, interval: .milliseconds(100), timeout: .seconds(60))
    }

    @Test("come behind a heartbeat, one for each query that is not ok, and not for the others")
    func heartbeat() async throws {
        let full = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 64, inUse: 60))
        let healthy = try await HSMSimulator.start(on: anyPort, behaviour: HSMBehaviour(total: 64, inUse: 3))
        let hsms = [
            Self.configuration("khi-1", healthy), Self.configuration("khi-2", full, ports: [9010, 9011]),
        ]
        let spool = spool([.heartbeat, .reminder])
        let timer = PollTimer()
        let fleet = Fleet(
            hsms: hsms, timer: timer, addressBook: HSMAddressBook(hsms, resolver: Resolver()), store: nil,
            spool: spool, armed: WakeUp(), logger: notes.logger)
        let announcer = Announcer(
            heartbeat: .milliseconds(100), hsms: hsms.count, timer: timer, fleet: fleet, spool: spool,
            clock: ClockWatch { _ in }, now: Self.later)
        let told = try await running(spool, announcer, fleet) {
            try await spool.wait("reminders of both ports") {
                let texts = await spool.messages(after: 0).map { String(decoding: $0.body, as: UTF8.self) }
                return texts.count { $0.contains(#""_hsm":"khi-2 #9011""#) } >= 2 ? texts : nil
            }
        }
        let reminders = told.filter { $0.contains(#""_event_type":"reminder""#) }
        #expect(reminders.allSatisfy { $0.contains(#""_hsm_name":"khi-2""#) && $0.contains(#""level":2"#) })
        #expect(
            reminders.first?.contains("HSM khi-2 #9010 is still critical: ") == true
                && reminders.first?.contains(" of 64 sockets available, for at least 5 min\"") == true,
            "\(reminders)")
        // Both follow the same heartbeat, in the order of the configuration.
        let first = try #require(told.firstIndex { $0.contains(#""_event_type":"reminder""#) })
        #expect(told[first - 1].contains(#""_event_type":"heartbeat""#))
        #expect(told[first + 1].contains(#""_hsm":"khi-2 #9011""#))
        // The change of state is in the journal; what repeats it is not.
        #expect(notes.has("HSM khi-2 at ") && !notes.has("HSM khi-2 #9010 is still"))
        await full.stop()
        await healthy.stop()
    }

    @Test("leave a full spool before heartbeats, service messages and changes of state")
    func order() {
        let kinds = Event.Kind.allCases
        #expect(kinds.firstIndex(of: .reading) == 0)
        #expect(kinds.firstIndex(of: .reminder) == 2)
        #expect(kinds.last == .stateChange)
        // What 0.1.0 has stored keeps its numbers.
        #expect(
            [Event.Kind.reading, .probeFailure, .heartbeat, .service, .stateChange, .reminder].map(\.rawValue)
                == Array(0...5))
    }
}
