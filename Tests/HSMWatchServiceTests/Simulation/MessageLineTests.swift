// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

@Suite("Message line")
struct MessageLineTests {
    private func stored(_ fields: [String: FieldValue], _ warnings: [String] = []) -> ReceivedMessage {
        let time = Timestamp(milliseconds: 1_785_432_180_123)
        return .stored(StoredMessage(timestamp: time, fields: fields, warnings: warnings))
    }

    @Test("shows of our own messages what the sentence does not say, in a fixed order")
    func showsOurs() {
        let received = stored([
            "event_source": .string("hsmwatch"), "event_type": .string("reading"), "level": .long(4),
            "source": .string("monitor"), "message": .string("50 left"), "hsm_name": .string("khi-1"),
            "sockets_available": .long(50), "sockets_total": .long(64), "latency_ms": .double(1.25),
            "instance": .string("x"), "sequence": .long(7), "state": .string("warning"),
        ])
        #expect(
            MessageLine(isColoured: false).text(for: received)
                == "17:23:00.123Z warning reading       monitor 50 left "
                + "hsm_name=khi-1 state=warning")
    }

    @Test("shows a reminder by its sentence alone, which says all")
    func showsReminders() {
        let sentence = "HSM khi-2 is still critical: 12 of 256 sockets available, for 25 min"
        let received = stored([
            "event_source": .string("hsmwatch"), "event_type": .string("reminder"), "level": .long(2),
            "source": .string("monitor"), "message": .string(sentence), "hsm": .string("khi-2"),
            "next_step": .string("Find the hosts."),
        ])
        #expect(
            MessageLine(isColoured: false).text(for: received)
                == "17:23:00.123Z crit    reminder      monitor \(sentence)")
    }

    @Test("shows every field of a message that is not ours")
    func showsOthers() {
        let fields: [String: FieldValue] = [
            "source": .string("h"), "message": .string("m"), "b": .long(1), "a": .string("x"),
        ]
        let received = stored(fields, ["w"])
        #expect(MessageLine(isColoured: false).text(for: received) == "17:23:00.123Z -       h m a=x b=1 (w)")
    }

    @Test("shows why a frame was dropped")
    func showsDrops() {
        let received = ReceivedMessage.dropped(reason: "invalid JSON", frame: "gar\u{1B}bage")
        #expect(MessageLine(isColoured: false).text(for: received) == #"DROPPED invalid JSON gar\u001Bbage"#)
        #expect(
            MessageLine(isColoured: true).text(for: received)
                == "\u{1B}[31mDROPPED invalid JSON\u{1B}[0m \u{1B}[2mgar\\u001Bbage\u{1B}[0m")
    }

    @Test("lets nothing from the network command the terminal, in any part of the line")
    func isSafe() {
        let evil = "\u{1B}]0;x\u{07}\u{9B}2J\n"
        var message = StoredMessage(timestamp: Timestamp(milliseconds: 0), fields: [:], warnings: [evil])
        for name in ["level", "event_type", "source", "message", "x"] { message.fields[name] = .string(evil) }
        message.droppedFields = [StoredMessage.DroppedField(name: evil, reason: evil)]
        let line = MessageLine(isColoured: false).text(for: .stored(message))
        #expect(line.unicodeScalars.allSatisfy { !$0.commandsTerminal })
        #expect(line.contains(#"\u001B]0;x"#))
    }

    @Test("cuts a value that would fill the screen")
    func cutsValues() {
        let long = String(repeating: "x", count: 1000)
        let line = MessageLine(isColoured: false).text(for: stored(["source": .string("h"), "message": .string(long)]))
        #expect(line.count { $0 == "x" } == MessageLine.valueLimit)
        #expect(line.hasSuffix("…"))
    }
}
