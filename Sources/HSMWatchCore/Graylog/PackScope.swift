// SPDX-License-Identifier: Apache-2.0

/// What a content pack takes from the configurations: whom it watches, and how long nothing may be heard.
struct PackScope: Hashable, Sendable {
    /// An hsmwatch that sends heartbeats.
    struct Instance: Hashable, Sendable {
        /// The `source` of its configuration; nil when that does not say one.
        let source: String?
        let heartbeat: Duration
        /// What Graylog hears of it.
        let kinds: Set<Event.Kind>
    }

    /// An HSM that is polled.
    struct HSM: Hashable, Sendable {
        let name: String
        let interval: Duration
        /// What Graylog hears of it.
        let kinds: Set<Event.Kind>
    }

    /// What a number of sockets belongs to. An HSM that is asked about its ports has one for each.
    enum Subject: Hashable, Sendable {
        case hsm
        case queryPort

        /// The fields by which one is told from another.
        var fields: [String] { self == .hsm ? ["hsm_name"] : ["hsm_name", "query_port"] }

        /// For messages of this alone.
        var clause: String { self == .hsm ? "NOT _exists_:query_port" : "_exists_:query_port" }

        /// Behind a title.
        var suffix: String { self == .hsm ? "" : ", by query port" }
    }

    /// How many distances between two messages must pass before their absence means something.
    private static let missed = 3
    /// The shortest time in which nothing is silence: an output has reconnected and sent what waited.
    private static let shortestSilence = Duration.seconds(180)
    /// The same for an HSM. One that rejects the command is asked again only after `ProbeConversation.rejectedPause`.
    private static let shortestSilenceOfHSM = ProbeConversation.rejectedPause + .seconds(300)
    /// Different thresholds that get an alert of their own; HSMs of others are judged by their state.
    static let thresholds = 8

    /// Each `source` once, with what is heard of any of them.
    let instances: [Instance]
    /// Each name once, with what is heard of any of them.
    let hsms: [HSM]
    /// The kinds of messages that any output gets in fields of their types: as GELF. In syslog every number is a text.
    let kinds: Set<Event.Kind>
    /// The thresholds that are numbers, ascending, without 0, which switches one off; at most `thresholds`.
    let critical: [Int]
    let warning: [Int]
    let subjects: [Subject]
    /// Numbers of sockets: of HSMs, and of query ports.
    let numbers: Int

    init(_ configurations: [Configuration]) {
        let hsms = configurations.flatMap(\.hsms)
        instances = Self.merged(
            configurations.map { Instance(source: $0.source, heartbeat: $0.heartbeat, kinds: Self.kinds(of: $0)) },
            by: \.source
        ) { same in
            Instance(
                source: same[0].source, heartbeat: Self.longest(same, \.heartbeat, ifHeard: [.heartbeat], \.kinds),
                kinds: Self.union(same.map(\.kinds)))
        }
        self.hsms = Self.merged(
            configurations.flatMap { configuration in
                let kinds = Self.kinds(of: configuration)
                return configuration.hsms.map { HSM(name: $0.name, interval: $0.interval, kinds: kinds) }
            }, by: \.name
        ) { same in
            HSM(
                name: same[0].name,
                interval: Self.longest(same, \.interval, ifHeard: [.reading, .probeFailure], \.kinds),
                kinds: Self.union(same.map(\.kinds)))
        }
        kinds = Self.union(configurations.map(Self.kinds))
        critical = Self.numbers(hsms.map(\.alert.critical))
        warning = Self.numbers(hsms.compactMap(\.alert.warning))
        subjects = hsms.contains { !$0.queryPorts.isEmpty } ? [.hsm, .queryPort] : [.hsm]
        numbers = hsms.map(\.queries.count).reduce(0, +)
    }

    /// How far back a look goes for what an HSM says at each probe: once is enough where there are several in a minute.
    var window: Duration {
        let isFrequent = hsms.allSatisfy { $0.interval * 2 <= AlertDefinition.distance }
        return isFrequent ? AlertDefinition.distance : AlertDefinition.twice
    }

    /// How long the present lasts: every HSM that answers has done so within it.
    var present: Duration {
        max(Self.shortestSilence, (hsms.map(\.interval).max() ?? .zero) * Self.missed)
    }

    /// In how long every HSM is heard of, whether it answers or not.
    var silenceOfAnyHSM: Duration {
        hsms.map(Self.silence).max() ?? Self.shortestSilenceOfHSM
    }

    /// After how long an HSM of which nothing is heard has gone silent.
    static func silence(of hsm: HSM) -> Duration {
        max(shortestSilenceOfHSM, hsm.interval * missed)
    }

    /// After how long an instance that sends no heartbeat has gone silent.
    static func silence(of instance: Instance) -> Duration {
        max(shortestSilence, instance.heartbeat * missed)
    }

    private static func kinds(of configuration: Configuration) -> Set<Event.Kind> {
        configuration.outputs.filter { !$0.kind.isSyslog }.reduce(into: []) { $0.formUnion($1.events) }
    }

    private static func numbers(_ thresholds: [Threshold]) -> [Int] {
        let numbers = thresholds.compactMap { threshold -> Int? in
            guard case .absolute(let number) = threshold, number > 0 else { return nil }
            return number
        }
        return Array(Set(numbers).sorted().prefix(Self.thresholds))
    }

    /// The longest distance of those that are heard, or of all if none is.
    private static func longest<Item>(
        _ items: [Item], _ distance: (Item) -> Duration, ifHeard needs: Set<Event.Kind>,
        _ kinds: (Item) -> Set<Event.Kind>
    ) -> Duration {
        let heard = items.filter { needs.isSubset(of: kinds($0)) }
        return (heard.isEmpty ? items : heard).map(distance).max() ?? .zero
    }

    private static func union(_ kinds: [Set<Event.Kind>]) -> Set<Event.Kind> {
        kinds.reduce([]) { $0.union($1) }
    }

    /// One of each key, in their order.
    private static func merged<Item, Key: Hashable>(
        _ items: [Item], by key: (Item) -> Key, merge: ([Item]) -> Item
    ) -> [Item] {
        let groups = Dictionary(grouping: items, by: key)
        var known: Set<Key> = []
        return items.map(key).filter { known.insert($0).inserted }.compactMap { groups[$0].map(merge) }
    }
}
