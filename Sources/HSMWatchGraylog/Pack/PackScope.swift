// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What a Graylog hears of each hsmwatch that sends to it, by the outputs of their configurations.
///
/// It has nothing of a single HSM or threshold: a pack stays the same when those change.
struct PackScope: Hashable, Sendable {
    /// One hsmwatch.
    struct Instance: Hashable, Sendable {
        /// The `source` of its configuration; nil when the configuration gives none.
        let source: String?
        let heartbeat: Duration
        /// The kinds of messages that Graylog gets of it, with their fields.
        let kinds: Set<Event.Kind>
        /// The `runbook` of its configuration; nil when the configuration gives none.
        let runbook: String?

        var isHeard: Bool { kinds.contains(.heartbeat) }
    }

    /// Heartbeats that must be missing before an hsmwatch counts as silent.
    private static let missedHeartbeats = 3
    /// The shortest silence that counts: an output needs time to reconnect and to send what waits.
    private static let shortestSilence = Duration.seconds(180)

    /// Each `source` once, with what is heard of any instance of that name.
    let instances: [Instance]

    init(_ configurations: [Configuration]) {
        let each = configurations.map {
            Instance(source: $0.source, heartbeat: $0.heartbeat, kinds: Self.kinds(of: $0), runbook: $0.runbook)
        }
        var sources: [String?] = []
        for source in each.map(\.source) where !sources.contains(source) { sources.append(source) }
        instances = sources.map { source in Self.merged(each.filter { $0.source == source }, source) }
    }

    /// The kinds of messages that any instance sends.
    var kinds: Set<Event.Kind> {
        instances.reduce(into: []) { $0.formUnion($1.kinds) }
    }

    /// The time within which every instance that lives has sent a heartbeat.
    var presence: Duration {
        instances.map(Self.silence).max() ?? Self.shortestSilence
    }

    /// The time without a heartbeat after which an instance is silent.
    static func silence(of instance: Instance) -> Duration {
        max(shortestSilence, instance.heartbeat * missedHeartbeats)
    }

    /// Of two instances with one name, the slower one that is heard decides how long a silence is.
    private static func merged(_ same: [Instance], _ source: String?) -> Instance {
        let heard = same.filter(\.isHeard)
        return Instance(
            source: source, heartbeat: (heard.isEmpty ? same : heard).map(\.heartbeat).max() ?? .zero,
            kinds: same.reduce(into: []) { $0.formUnion($1.kinds) }, runbook: same.lazy.compactMap(\.runbook).first)
    }

    /// The script's old line has no fields, so Graylog puts it into no stream of hsmwatch.
    private static func kinds(of configuration: Configuration) -> Set<Event.Kind> {
        configuration.outputs.filter(\.hasFields).reduce(into: []) { $0.formUnion($1.kinds) }
    }
}
