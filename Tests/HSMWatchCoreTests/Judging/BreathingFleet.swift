// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

/// The sockets in use of a healthy HSM with 256 of them, as a function of the second.
struct BreathingShape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Sockets in use; nil when the probe fails.
    let inUse: @Sendable (Int, inout SeededNumbers) -> Int?

    init(_ name: String, _ inUse: @escaping @Sendable (Int, inout SeededNumbers) -> Int?) {
        testDescription = name
        self.inUse = inUse
    }

    static let all: [BreathingShape] = waves + teeth + bursts + noise

    private static let waves = [
        BreathingShape("steady, with noise") { 100 + .noise(of: 4, &$1) },
        BreathingShape("daily load, 20 at night and 140 at noon") {
            80 + Int(60 * Double($0).wave(of: 86_400)) + .noise(of: 4, &$1)
        },
        BreathingShape("a morning in which 110 clients come within two hours") {
            30 + Int(110 * (Double($0 - 14_400) / 7200).rise) + .noise(of: 3, &$1)
        },
        BreathingShape("waves of 20 minutes") { 70 + Int(30 * Double($0).wave(of: 1200)) + .noise(of: 2, &$1) },
        BreathingShape("waves of 30 minutes") { 70 + Int(30 * Double($0).wave(of: 1800)) + .noise(of: 2, &$1) },
        BreathingShape("waves of two hours") { 90 + Int(40 * Double($0).wave(of: 7200)) + .noise(of: 2, &$1) },
    ]

    private static let teeth = [
        BreathingShape("a pool that is recycled every five minutes") { 40 + $0 % 300 * 60 / 300 + .noise(of: 2, &$1) },
        BreathingShape("a pool that is recycled every ten minutes") { 40 + $0 % 600 * 100 / 600 + .noise(of: 2, &$1) },
        BreathingShape("a pool that is recycled every hour") { 40 + $0 % 3600 * 100 / 3600 + .noise(of: 2, &$1) },
        BreathingShape("restarts every four hours, after which clients are back within seven minutes") {
            let since = $0 % 14_400
            return since < 120 ? nil : min(90, (since - 120) * 90 / 400) + .noise(of: 3, &$1)
        },
        BreathingShape("restarts every four hours, after which clients come back ever more slowly") {
            let since = $0 % 14_400
            guard since >= 120 else { return nil }
            let away = 200.0 / (200 + Double(since - 120))
            return Int(140 * (1 - away * away)) + .noise(of: 3, &$1)
        },
    ]

    private static let bursts = [
        BreathingShape("storms of 100 connections, which end within ten minutes") {
            let since = $0 % 5400
            let storm = since < 300 ? since / 3 : since < 900 ? 100 - (since - 300) / 6 : 0
            return 60 + storm + .noise(of: 3, &$1)
        },
        BreathingShape("batches at every full hour, which take 40 sockets for ten minutes") {
            let since = $0 % 3600
            return 80 + (since < 90 ? since * 40 / 90 : since < 600 ? 40 : 0) + .noise(of: 3, &$1)
        },
        BreathingShape("steps of 15 clients, one every ten minutes") {
            30 + min(8, $0 / 600 % 12) * 15 + .noise(of: 2, &$1)
        },
        BreathingShape("stairs of 20 clients, one every half hour") {
            30 + $0 / 1800 % 6 * 20 + .noise(of: 2, &$1)
        },
    ]

    private static let noise = [
        BreathingShape("wild noise between 10 and 190") { Int.random(in: 10...190, using: &$1) },
        BreathingShape("one wild reading in ten") {
            Int.random(in: 0..<10, using: &$1) == 0
                ? Int.random(in: 10...250, using: &$1) : 80 + .noise(of: 5, &$1)
        },
        BreathingShape("daily load, of which every second probe fails") {
            Bool.random(using: &$1) ? nil : 80 + Int(60 * Double($0).wave(of: 86_400)) + .noise(of: 4, &$1)
        },
    ]
}

extension Int {
    fileprivate static func noise(of amplitude: Int, _ numbers: inout SeededNumbers) -> Int {
        .random(in: -amplitude...amplitude, using: &numbers)
    }
}

extension Double {
    /// Like a sine from -1 to 1, of this period: two parabolas.
    fileprivate func wave(of period: Double) -> Double {
        let part = truncatingRemainder(dividingBy: period) / period * 2
        return part < 1 ? 4 * part * (1 - part) : -4 * (part - 1) * (2 - part)
    }

    /// From 0 to 1 as this goes from 0 to 1, slowly at both ends.
    fileprivate var rise: Double {
        let part = Swift.min(1, Swift.max(0, self))
        return part * part * (3 - 2 * part)
    }
}
