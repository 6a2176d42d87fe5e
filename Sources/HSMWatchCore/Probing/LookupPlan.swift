// SPDX-License-Identifier: Apache-2.0

/// Decides which names are looked up now, on a limited number of threads.
///
/// A lookup blocks its thread until the system's resolver gives up, and nothing can stop it. So a name has one lookup
/// at a time, and how the last one went says which threads the next one may use:
/// - *prompt*: it ended within `promptTime`, with addresses or without. Such names go first, on any thread.
/// - *untried*: there was none. At most `triedLimit` threads serve untried and slow names, so the others stay free for
///   prompt ones.
/// - *slow*: it took longer. At most `slowLimit` threads serve slow names.
///
/// When more names hang than that, each waits in the line of its kind, the first come first. A prompt name that begins
/// to hang holds a thread of the prompt ones once, and is slow from then on.
package struct LookupPlan: Sendable {
    /// Lookups at once.
    package static let threadLimit = 128
    /// Of these, lookups of untried and slow names.
    package static let triedLimit = 96
    /// Of these, lookups of slow names.
    package static let slowLimit = 32
    /// How long the lookup of a prompt name takes at the most.
    package static let promptTime = Duration.seconds(1)
    /// Names whose last lookup is remembered. When there are more, all are untried again.
    package static let memoryLimit = 20_000

    private enum Kind: Sendable {
        case prompt
        case untried
        case slow
    }

    private var known: [String: Kind] = [:]
    private var running: [String: (kind: Kind, since: Instant)] = [:]
    private var waiting: Set<String> = []
    private var lines: [Kind: Line] = [:]

    package init() {}

    /// How many lookups run.
    package var runningCount: Int { running.count }

    /// Wants a name looked up, unless that is under way.
    package mutating func ask(_ name: String) {
        guard running[name] == nil, waiting.insert(name).inserted else { return }
        lines[known[name] ?? .untried, default: Line()].append(name)
    }

    /// The next name to look up, if there is a thread for one. Call until it answers nil.
    package mutating func next(at now: Instant) -> String? {
        for kind in [Kind.prompt, .untried, .slow] where hasThread(for: kind) {
            guard let name = lines[kind]?.popFirst() else { continue }
            waiting.remove(name)
            running[name] = (kind, now)
            return name
        }
        return nil
    }

    /// The lookup of a name has ended.
    package mutating func ended(_ name: String, at now: Instant) {
        guard let lookup = running.removeValue(forKey: name) else { return }
        if known.count >= Self.memoryLimit, known[name] == nil { known = [:] }
        known[name] = now - lookup.since <= Self.promptTime ? .prompt : .slow
    }

    private func hasThread(for kind: Kind) -> Bool {
        guard running.count < Self.threadLimit else { return false }
        return switch kind {
        case .prompt: true
        case .untried: count(of: .untried, .slow) < Self.triedLimit
        case .slow: count(of: .slow) < Self.slowLimit && count(of: .untried, .slow) < Self.triedLimit
        }
    }

    private func count(of kinds: Kind...) -> Int {
        running.values.count { kinds.contains($0.kind) }
    }

    /// Names, the first come first.
    private struct Line: Sendable {
        private var names: [String] = []
        private var start = 0

        mutating func append(_ name: String) {
            names.append(name)
        }

        mutating func popFirst() -> String? {
            guard start < names.count else { return nil }
            defer {
                start += 1
                // The places of those that have gone are given back when they are the greater part.
                if start * 2 > names.count {
                    names.removeFirst(start)
                    start = 0
                }
            }
            return names[start]
        }
    }
}
