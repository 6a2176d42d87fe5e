// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport

@testable import HSMWatchService

/// What each output of a spool must get, and has got.
@ServiceLoop
struct SpoolModel {
    /// One output.
    struct Output {
        var kinds: Set<Event.Kind>
        /// Up to where it has read.
        var position: Int64 = 0
        /// Where the spool's cursor for it was last.
        var cursor: Int64 = 0
        /// What is on its way.
        var sent: [Int64] = []
        /// What it gets and has not confirmed.
        var owed: Set<Int64> = []
    }

    var numbers: SeededNumbers
    var outputs: [String: Output] = [:]
    /// Every message as it was when an output first got it.
    var bodies: [Int64: [UInt8]] = [:]
    private var kinds: [Int64: Event.Kind] = [:]

    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        outputs["a"] = Output(kinds: .all)
        for name in ["b", "c"] { outputs[name] = Output(kinds: someKinds()) }
    }

    var subscriptions: [Subscription] {
        outputs.map { Subscription(name: $0.key, kinds: $0.value.kinds) }
    }

    /// What some output gets and has not confirmed.
    var owed: Set<Int64> {
        outputs.values.reduce(into: []) { $0.formUnion($1.owed) }
    }

    mutating func chance(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &numbers) }

    mutating func append(to spool: Spool, length: Int = 100) {
        let kind = Event.Kind.allCases.randomElement(using: &numbers) ?? .reading
        learn(spool)
        let before = spool.last
        spool.append(.sample(kind, length: length))
        if spool.last > before { note(spool.last, kind) }
    }

    /// Takes note of what the spool has appended itself: reports.
    mutating func learn(_ spool: Spool) {
        let known = kinds.keys.max() ?? 0
        guard spool.last > known else { return }
        for position in (known + 1)...spool.last { note(position, .service) }
    }

    /// Appends a message that some output gets, of whatever kind.
    mutating func appendWanted(to spool: Spool) {
        learn(spool)
        let before = spool.last
        for kind in Event.Kind.allCases where spool.last == before {
            spool.append(.sample(kind))
            if spool.last > before { note(spool.last, kind) }
        }
    }

    mutating func take(_ positions: [Int64], for name: String, _ spool: Spool) {
        learn(spool)
        outputs[name]?.sent += positions
        if let last = positions.last { outputs[name]?.position = last }
        outputs[name]?.cursor = spool.cursor(of: name)
    }

    mutating func confirm(_ name: String, upTo position: Int64, _ spool: Spool) {
        let arrived = outputs[name]?.sent.filter { $0 <= position } ?? []
        outputs[name]?.owed.subtract(arrived)
        outputs[name]?.sent.removeAll { $0 <= position }
        outputs[name]?.cursor = spool.cursor(of: name)
    }

    mutating func rewind(_ name: String, _ spool: Spool) {
        outputs[name]?.sent = []
        outputs[name]?.cursor = spool.cursor(of: name)
        outputs[name]?.position = spool.cursor(of: name)
    }

    mutating func rewind(_ spool: Spool) {
        for name in outputs.keys { rewind(name, spool) }
    }

    /// A process has ended that had given positions after this one.
    mutating func forget(after last: Int64) {
        kinds = kinds.filter { $0.key <= last }
        for name in outputs.keys {
            let owed = outputs[name]?.owed ?? []
            outputs[name]?.owed = owed.filter { $0 <= last }
        }
    }

    /// Other outputs, or other kinds for some of them: one that gets more gets what waits for another behind its cursor.
    mutating func change(_ spool: Spool) {
        learn(spool)
        let waiting = owed
        let last = spool.last
        for name in ["a", "b", "c", "d"] {
            switch chance(4) {
            case 0:
                outputs[name] = nil
            case 1:
                let kinds = someKinds()
                var output = outputs[name] ?? Output(kinds: kinds, position: last, cursor: last)
                let more = kinds.subtracting(output.kinds)
                output.owed = output.owed.filter { kinds.contains(self.kinds[$0] ?? .service) }
                output.owed.formUnion(
                    waiting.filter { $0 > output.cursor && more.contains(self.kinds[$0] ?? .service) })
                output.kinds = kinds
                outputs[name] = output
            default:
                break
            }
        }
    }

    private mutating func someKinds() -> Set<Event.Kind> {
        Set(Event.Kind.allCases.filter { _ in chance(2) == 0 })
    }

    private mutating func note(_ position: Int64, _ kind: Event.Kind) {
        kinds[position] = kind
        for (name, output) in outputs where output.kinds.contains(kind) {
            outputs[name]?.owed.insert(position)
        }
    }
}
