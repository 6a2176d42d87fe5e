// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an administrator should know of a content pack before it is installed.
struct ContentPackNotes {
    let configurations: [Configuration]
    let options: ContentPackOptions
    /// Those of the pack.
    let inputs: [WantedInput]
    /// Of outputs that need one port for different things.
    let conflicts: [String]
    let scope: PackScope

    private var outputs: [OutputConfiguration] { configurations.flatMap(\.outputs) }

    var all: [String] {
        [notifications, inputs.flatMap(\.notes), conflicts, mute, severalOutputs, instances, dashboard].flatMap(\.self)
    }

    private var notifications: [String] {
        [mail, alertsPage].compactMap(\.self)
    }

    private var mail: String? {
        guard options.recipients == [ContentPackOptions.exampleRecipient] else { return nil }
        return "mail goes to the placeholder \(ContentPackOptions.exampleRecipient): give --email, or edit the "
            + "notification in Graylog"
    }

    /// Where alerts are seen that the pack sends to no address.
    private var alertsPage: String? {
        guard options.recipients.isEmpty, options.webhook == nil else { return nil }
        return "there is no mail and no webhook: alerts are only in Graylog's Alerts"
    }

    // MARK: Messages

    /// What stays mute, since no output brings its messages.
    private var mute: [String] {
        let old = outputs.filter { !$0.hasFields }.map {
            "output \($0.name) sends 'format: legacy', which has no fields: no alert and no dashboard sees its messages"
        }
        let needs: [(kind: Event.Kind, consequence: String)] = [
            (.stateChange, "alerts about HSMs stay mute"), (.service, "alerts about problems of hsmwatch stay mute"),
            (.reading, "the dashboard has no numbers of sockets"),
            (.probeFailure, "the dashboard shows no failed probes"),
        ]
        let missing = needs.filter { !scope.kinds.contains($0.kind) }.map {
            "no output sends '\($0.kind.name)' to this Graylog: \($0.consequence)"
        }
        let unheard = scope.instances.filter { !$0.isHeard }.map { instance in
            "no output\(instance.source.map { " of \($0)" } ?? "") sends 'heartbeat' to this Graylog: the pack has no alert for "
                + "its silence"
        }
        return old + missing + unheard
    }

    /// Two outputs may be two Graylogs.
    private var severalOutputs: [String] {
        configurations.compactMap { configuration in
            let outputs = configuration.outputs.filter(\.hasFields)
            guard Set(outputs.map(\.events)).count > 1 else { return nil }
            let names = outputs.map(\.name).joined(separator: ", ")
            return "the pack is for a Graylog that gets the messages of all these outputs: \(names); give --output for "
                + "one that gets fewer"
        }
    }

    private var instances: [String] {
        var notes: [String] = []
        if scope.instances.contains(where: { $0.source == nil && $0.isHeard }) {
            notes.append(
                "a configuration has no 'source': its silence alert does not fire while any other hsmwatch sends heartbeats; "
                    + "give each hsmwatch its own 'source'")
        }
        for name in inSeveral(\.name) {
            notes.append("HSM \(name) is in several configurations: Graylog cannot tell them apart")
        }
        for address in inSeveral(\.address.description) {
            notes.append("\(address) is in several configurations: each instance takes a socket of that HSM")
        }
        return notes
    }

    /// What more than one configuration has.
    private func inSeveral(_ part: (HSMConfiguration) -> String) -> [String] {
        let parts = configurations.flatMap { Set($0.hsms.map(part)) }
        return Dictionary(grouping: parts, by: \.self).filter { $0.value.count > 1 }.keys.sorted()
    }

    // MARK: Dashboard

    private var dashboard: [String] {
        var notes: [String] = []
        let hsms = configurations.flatMap(\.hsms)
        let shown = hsms.map(\.queries.count).reduce(0, +)
        if shown > Aggregation.mostValues {
            notes.append(
                "each table and chart of the dashboard shows \(Aggregation.mostValues) of the \(shown) HSMs and query "
                    + "ports, the table the worst, a chart those with the most messages")
        }
        if scope.instances.count > 1 {
            notes.append(
                "the numbers at the top of the dashboard are those of the hsmwatch that sent the last heartbeat; the "
                    + "table at its end has each")
        }
        let slow = hsms.filter { $0.interval > DashboardLayout.present }
        if !slow.isEmpty {
            notes.append(
                "the table 'HSMs now' looks \(DashboardLayout.present.roughSentencePart) back; HSMs that are asked less "
                    + "often are in it only at times: \(slow.count)")
        }
        return notes
    }
}
