// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// Proves at the end of an installation that messages arrive: sends a test message through each output and has Graylog
/// find it, and looks for a heartbeat of each source.
///
/// A source that Graylog has never heard of would be reported as silent at once: its silence alert stays off until a
/// later installation finds a heartbeat.
@ServiceLoop
package final class ChainProof {
    /// How long the search for a test message may take. Live servers found one after 1 to 3 s.
    nonisolated static let searchLimit = Duration.seconds(30)
    /// How long a heartbeat is waited for: one more than the usual distance of two.
    package nonisolated static let heartbeatLimit = Duration.seconds(90)
    /// A heartbeat that is younger says that its source lives.
    nonisolated static let recently = Duration.seconds(300)
    /// A source of which there is a heartbeat in this time is known to Graylog.
    nonisolated static let ever = Duration.seconds(30 * 86_400)
    /// How long the answer to one search for a heartbeat may take, and those for all sources before their alerts begin.
    nonisolated static let patience = Duration.seconds(10)
    /// From one search to the next.
    private nonisolated static let lookInterval = Duration.seconds(1)

    /// What came of one endpoint.
    private struct Sent: Sendable {
        let place: String
        let instance: String
        /// Why it was not sent; nil when it was.
        let problem: String?
    }

    private let client: GraylogClient
    private let configurations: [Configuration]
    private let files: ContentPackOptions.InputTLS
    private let sources: [HeartbeatSource]
    private let searchLimit: Duration
    private let heartbeatLimit: Duration
    private let lookInterval: Duration
    private let report: (PackInstaller.Report) -> Void
    private let countdown: (String?) -> Void
    /// Whether the silence alert of a source is on, where that is known.
    private var isAlertOn: [HeartbeatSource: Bool] = [:]
    /// The installation whose silence alerts were looked at.
    private var quietened: GraylogID?
    /// Whether no heartbeat is waited for.
    private var waitIsOver = false

    /// - Parameters:
    ///   - files: where a TLS input has its certificate.
    ///   - heartbeatLimit: zero looks once.
    ///   - searchLimit: a constant to all but a test, as is `lookInterval`.
    ///   - countdown: shows what is waited for, in a line that the next one replaces; nil ends it.
    package init(
        _ client: GraylogClient, _ configurations: [Configuration], files: ContentPackOptions.InputTLS,
        heartbeatLimit: Duration = ChainProof.heartbeatLimit, searchLimit: Duration = ChainProof.searchLimit,
        lookInterval: Duration = ChainProof.lookInterval, report: @escaping (PackInstaller.Report) -> Void,
        countdown: @escaping (String?) -> Void
    ) {
        self.client = client
        self.configurations = configurations
        self.files = files
        sources = HeartbeatSource.all(in: configurations)
        self.searchLimit = searchLimit
        self.heartbeatLimit = heartbeatLimit
        self.lookInterval = lookInterval
        self.report = report
        self.countdown = countdown
    }

    /// What is done, in words that follow "would".
    package var intentions: [String] {
        let outputs = configurations.flatMap(\.outputs).filter(\.hasFields).map(\.name)
        return outputs.map { "send a test message through the output \($0), and find it in Graylog" }
            + sources.map { "look for a heartbeat of \($0.name), and switch its silence alert on or off" }
    }

    /// Looks once more for a heartbeat of each source, and does not wait for it.
    package func endWait() {
        waitIsOver = true
    }

    // MARK: Silence alerts

    /// Switches off the silence alerts of sources that Graylog has never heard of, before it looks for the first time,
    /// and on those of the others.
    ///
    /// Does nothing when it has done so for this installation.
    func quieten(_ installation: PackPresence.Installation) async {
        guard quietened != installation.id else { return }
        quietened = installation.id
        isAlertOn = [:]
        let deadline = Instant.now + Self.patience
        for source in sources {
            let isKnown: Bool
            do throws(GraylogProblem) {
                isKnown = try await isHeard(source, within: Self.ever, until: deadline)
            } catch {
                report(.note("\(error.summary): whether \(source.name) was ever heard is not known"))
                continue
            }
            do throws(GraylogProblem) {
                try await schedule(source, in: installation, isKnown)
            } catch {
                let state = isKnown ? "on" : "off until it is heard"
                report(.note("\(error.summary): switch the silence alert of \(source.name) \(state) in Alerts"))
            }
        }
    }

    /// Whether Graylog has a heartbeat.
    private func isHeard(
        _ source: HeartbeatSource, within range: Duration, until deadline: Instant
    ) async throws(GraylogProblem) -> Bool {
        let left = deadline - Instant.now
        guard left > .zero else { throw GraylogProblem("Graylog's answers took too long") }
        return try await client.find(source.query, within: range, patience: min(Self.patience, max(left, lookInterval)))
            != nil
    }

    /// Waits for a heartbeat of each source, and switches on the silence alerts of those that are heard.
    ///
    /// - Returns: what is said last, a sentence each.
    func awaitHeartbeats(_ installation: PackPresence.Installation?) async -> [String] {
        // The first look has its time also where nothing is waited for.
        let deadline = Instant.now + max(heartbeatLimit, Self.patience)
        let waitDeadline = Instant.now + heartbeatLimit
        var waiting = sources
        /// Why it was not known at the last look whether Graylog has a heartbeat.
        var problems: [HeartbeatSource: GraylogProblem] = [:]
        while true {
            for source in waiting {
                problems[source] = nil
                do throws(GraylogProblem) {
                    guard try await isHeard(source, within: Self.recently, until: deadline) else { continue }
                } catch {
                    problems[source] = error
                    continue
                }
                waiting.removeAll { $0 == source }
                report(.done("Graylog has a heartbeat of \(source.name)"))
                do throws(GraylogProblem) {
                    try await schedule(source, in: installation, true)
                } catch {
                    report(.note("\(error.summary): switch the silence alert of \(source.name) on in Alerts"))
                }
            }
            let now = Instant.now
            guard let next = waiting.first, now < waitDeadline, !waitIsOver else { break }
            let seconds = (waitDeadline - now).wholeSeconds
            countdown("waiting for a heartbeat of \(next.name): \(seconds) s")
            try? await Task.sleep(for: lookInterval)
        }
        countdown(nil)
        return waiting.compactMap { source in
            let finding = problems[source].map {
                "\($0.summary): whether Graylog has a heartbeat of \(source.name) is not known"
            }
            switch isAlertOn[source] {
            case false?:
                return "\(finding ?? "Graylog has not heard \(source.name) yet"): its silence alert is off until "
                    + "'hsmwatch graylog install' finds a heartbeat"
            case let state:
                let alert = state == nil ? "look in Alerts whether its silence alert is on" : "its silence alert is on"
                let silence = "Graylog has no heartbeat of \(source.name) of the last 5 minutes"
                report(.note("\(finding ?? silence): \(alert)"))
                return nil
            }
        }
    }

    private func schedule(
        _ source: HeartbeatSource, in installation: PackPresence.Installation?, _ isOn: Bool
    ) async throws(GraylogProblem) {
        for entity in installation?.entities.filter(source.isSilenceAlert) ?? [] {
            guard try await client.isScheduled(entity.id) != isOn else { continue }
            try await client.send(.schedule(entity.id, isOn)) { _ throws(GraylogProblem) in
                try await self.client.isScheduled(entity.id) == isOn
            }
            if isOn { report(.done("switched the silence alert of \(source.name) on")) }
        }
        isAlertOn[source] = isOn
    }

    // MARK: Test messages

    /// Sends a test message to each endpoint of each output that this machine reaches, and has Graylog find it.
    func proveOutputs() async {
        let begin = Instant.now
        var sent: [Sent] = []
        for configuration in configurations {
            let encoder = MessageEncoder(source: configuration.source ?? MachineName.current)
            let hsms = HSMAddressBook(configuration.hsms, resolver: Resolver())
            await withTaskGroup(of: Sent.self) { group in
                for output in configuration.outputs {
                    guard output.hasFields else {
                        let reason = "its format has no fields, by which Graylog would find a test message"
                        report(.note("\(output.name): not proven: \(reason)"))
                        continue
                    }
                    for endpoint in output.endpoints {
                        group.addTask { await Self.send(output, endpoint, hsms, encoder) }
                    }
                }
                for await result in group { sent.append(result) }
            }
        }
        let deadline = Instant.now + searchLimit
        for result in sent.sorted(by: { $0.place < $1.place }) {
            if let problem = result.problem {
                report(.note("\(result.place): not proven, as this machine cannot send there: \(named(problem))"))
            } else {
                await search(result, until: deadline, since: begin)
            }
        }
    }

    private static func send(
        _ output: OutputConfiguration, _ endpoint: HostPort, _ hsms: HSMAddressBook, _ encoder: MessageEncoder
    ) async -> Sent {
        var problem: String?
        let test = EndpointTest(output, endpoint: endpoint, hsms: hsms, encoder: encoder) { finding in
            if case .failed(let reason) = finding { problem = reason }
        }
        let isConfirmed = await test.run()
        return Sent(
            place: "\(output.name) → \(endpoint)", instance: test.instance,
            problem: isConfirmed ? nil : problem ?? "it was not confirmed")
    }

    /// A certificate that signs itself is likely Graylog's own: it makes one when it cannot read the input's file.
    private func named(_ problem: String) -> String {
        guard problem.contains("self-signed") else { return problem }
        return "\(problem); Graylog makes such a certificate itself when it cannot read \(files.certificate) or "
            + "\(files.key) on its server"
    }

    private func search(_ sent: Sent, until deadline: Instant, since begin: Instant) async {
        while true {
            do throws(GraylogProblem) {
                if let found = try await client.find("instance:\"\(sent.instance)\"", within: Self.recently) {
                    let time = (Instant.now - begin).millisecondsText
                    report(.done("\(sent.place): Graylog found the test message after \(time)"))
                    if let warning = found.warning { report(.note("\(sent.place): \(warning)")) }
                    return
                }
            } catch {
                return report(.note("\(sent.place): not proven: \(error.summary)"))
            }
            guard Instant.now < deadline else { break }
            try? await Task.sleep(for: lookInterval)
        }
        report(
            .note(
                "\(sent.place): a test message was sent, and Graylog has not found it within "
                    + "\(DurationText.format(searchLimit)): look for instance:\(sent.instance), and at the input's counters"
            ))
    }
}

/// A message that Graylog has.
struct FoundMessage: Equatable, Sendable {
    /// nil when its times are not understood.
    let time: GraylogTime?

    /// What is said of the clocks; nil when they agree.
    var warning: String? {
        guard let time else {
            return "the times that Graylog shows of the test message are not understood: compare both clocks by hand"
        }
        return time.warning
    }
}

extension GraylogClient {
    /// A message that a query finds; nil when it finds none.
    func find(
        _ query: String, within range: Duration, patience: Duration = ChainProof.patience
    ) async throws(GraylogProblem) -> FoundMessage? {
        let answer: RESTAnswer.Search = try await ask(.search(query, within: range, patience: patience))
        guard let row = answer.rows.first else { return nil }
        guard row.count == RESTRequest.searchedFields.count, case .string(let sent) = row[0],
            case .string(let received) = row[1]
        else { return FoundMessage(time: nil) }
        return FoundMessage(time: GraylogTime(sent: sent, received: received))
    }

    /// Whether Graylog looks for the events of a definition.
    func isScheduled(_ definition: GraylogID) async throws(GraylogProblem) -> Bool {
        let answer: RESTAnswer.Definition = try await ask(.definition(definition))
        return answer.isScheduled
    }
}

extension RESTAnswer {
    /// `POST /search/messages`
    struct Search: Decodable {
        let rows: [[JSONTree]]

        enum CodingKeys: String, CodingKey {
            case rows = "datarows"
        }
    }

    /// `GET /events/definitions/{id}`
    struct Definition: Decodable {
        private let state: String?

        /// A definition that does not say it is taken as one that is on.
        var isScheduled: Bool { state?.uppercased() != "DISABLED" }
    }
}
