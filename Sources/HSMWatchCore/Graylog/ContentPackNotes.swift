// SPDX-License-Identifier: Apache-2.0

/// What an administrator should know of a content pack before it is installed.
struct ContentPackNotes {
    /// Alerts that are named as missing.
    private static let mostNamed = 5

    let configurations: [Configuration]
    let options: ContentPackOptions
    let input: GELFInput?
    let alerts: AlertDefinitions
    let scope: PackScope

    var all: [String] {
        (alerts.all.isEmpty ? [] : notifications) + (options.hasInput ? inputs : []) + missing + outputs + instances
            + limits
    }

    private var notifications: [String] {
        var notes: [String] = []
        if options.recipients == [ContentPackOptions.exampleRecipient] {
            notes.append(
                "mail goes to \(ContentPackOptions.exampleRecipient), which reaches nobody: give --email, or edit the "
                    + "notification in Graylog")
        }
        if options.webhook == ContentPackOptions.exampleWebhook {
            notes.append(
                "HTTP goes to \(ContentPackOptions.exampleWebhook), which reaches nobody: give --webhook, or edit the "
                    + "notification in Graylog")
        } else {
            // What stands before and after the host may be a secret.
            let authority =
                options.webhook.split(separator: "//").dropFirst().first?.prefix { !"/?#".contains($0) } ?? ""
            let host = authority.split(separator: "@").last ?? ""
            notes.append("the webhook at \(host) must be on Graylog's URL allowlist (System / Configurations)")
        }
        return notes
    }

    private var inputs: [String] {
        guard let input else {
            return ["no output is of type gelf-tcp, so the pack has no input: make it in Graylog"]
        }
        var notes: [String] = []
        let others = configurations.flatMap(\.outputs).contains { output in
            output.endpoints.contains { $0.port != input.port } || GELFInput(output)?.security != input.security
        }
        if others {
            notes.append(
                "the pack has one input, GELF TCP on port \(input.port): make those of the other outputs in Graylog")
        }
        if input.security != .plain {
            notes.append(
                "Graylog takes the certificate of the input from \(options.tls.certificate) and its key from "
                    + "\(options.tls.key); without them it makes a certificate of its own, which hsmwatch refuses")
        }
        return notes
    }

    private var missing: [String] {
        let outputs = configurations.flatMap(\.outputs)
        guard outputs.contains(where: { !$0.kind.isSyslog }) else {
            return ["no output sends GELF, so the pack has no alerts: in syslog every number is a text"]
        }
        let titles = alerts.missing
        let notes = titles.prefix(Self.mostNamed).map {
            "the outputs do not bring all messages for the alert '\($0)', so the pack is without it"
        }
        let others = titles.count - notes.count
        return notes + (others > 0 ? ["the pack is without \(others) more alerts for the same reason"] : [])
    }

    /// Two of them may be two Graylogs.
    private var outputs: [String] {
        configurations.compactMap { configuration in
            let outputs = configuration.outputs.filter { !$0.kind.isSyslog }
            guard Set(outputs.map(\.events)).count > 1 else { return nil }
            let names = outputs.map(\.name).joined(separator: ", ")
            return "the pack is for a Graylog that gets the messages of all these outputs: \(names); give --output for "
                + "one that gets fewer"
        }
    }

    private var limits: [String] {
        var notes: [String] = []
        if scope.hsms.count > Dashboard.mostLines {
            notes.append(
                "each curve of the dashboard has at most \(Dashboard.mostLines) of the \(scope.hsms.count) HSMs, those "
                    + "with the most messages; the tables have more")
        }
        if scope.numbers > Dashboard.longestTable {
            notes.append(
                "each table of the dashboard has at most \(Dashboard.longestTable) of the \(scope.numbers) HSMs and "
                    + "query ports")
        }
        return notes
    }

    private var instances: [String] {
        var notes: [String] = []
        if configurations.count > 1, configurations.contains(where: { $0.source == nil }) {
            notes.append("a configuration without 'source' is not missed as long as another instance sends heartbeats")
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
}
