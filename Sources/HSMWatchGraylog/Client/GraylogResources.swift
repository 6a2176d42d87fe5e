// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

extension GraylogClient {
    /// The inputs that the token's user may see.
    func inputs() async throws(GraylogProblem) -> [PackPresence.Input] {
        let answer: RESTAnswer.Inputs = try await ask(.inputs)
        return try answer.inputs.map { input throws(GraylogProblem) in
            PackPresence.Input(
                id: try GraylogID(answered: input.id), title: input.title, type: input.type, port: input.port,
                attributes: JSONTree.members(input.attributes ?? [:]), node: input.node)
        }
    }

    /// How an input is on the node that answers.
    func condition(of input: GraylogID) async throws(GraylogProblem) -> InputCondition {
        do throws(GraylogProblem) {
            let answer: RESTAnswer.InputState = try await ask(.inputState(input))
            return InputCondition(state: answer.state, detail: answer.detailedMessage)
        } catch {
            guard error.isMissing else { throw error }
            return .absent
        }
    }
}

extension GraylogID {
    /// Reads an id of an answer.
    init(answered text: String) throws(GraylogProblem) {
        do {
            try self.init(parsing: text)
        } catch {
            throw GraylogProblem("Graylog's answer is not understood: \(error)")
        }
    }
}

extension GraylogClient {
    /// Which Graylog it is.
    package func version() async throws(GraylogProblem) -> GraylogRelease {
        let overview = try await overview()
        guard let version = GraylogRelease(parsing: overview.version) else {
            throw GraylogProblem(
                "Graylog's answer is not understood: its version is \(Reply.printable(overview.version.utf8))")
        }
        return version
    }

    /// Also for a user who may not look at the system.
    private func overview() async throws(GraylogProblem) -> RESTAnswer.Overview {
        do throws(GraylogProblem) {
            return try await ask(.overview)
        } catch {
            guard error.isWithheld, let greeting: RESTAnswer.Overview = try? await ask(.greeting) else { throw error }
            return greeting
        }
    }

    /// The index set that is meant, of those that the token's user may see.
    package func indexSet(_ choice: IndexSet.Choice) async throws(GraylogProblem) -> IndexSet {
        let answer: RESTAnswer.IndexSets = try await ask(.indexSets)
        let sets = answer.indexSets.compactMap { set in
            (try? GraylogID(parsing: set.id)).map { IndexSet(id: $0, title: set.title, isStandard: set.isStandard) }
        }
        return try IndexSet.choose(choice, among: sets)
    }

    /// Fixes the types of all numeric fields in an index set, from its next index on.
    package func pinFields(in indexSet: IndexSet) async throws(GraylogProblem) {
        for request in FieldPinning.requests(for: indexSet) {
            try await send(request)
        }
    }

    /// Begins the next index of a set.
    package func rotate(_ indexSet: IndexSet) async throws(GraylogProblem) {
        try await send(.rotate(indexSet.id))
    }
}

extension GraylogClient {
    /// What came of a URL and the allowlist.
    package enum Allowance: Equatable, Sendable {
        /// It was allowed already.
        case present
        case added
    }

    /// Whether notifications may be sent to a URL.
    func allows(_ url: String) async throws(GraylogProblem) -> Bool {
        let (name, list) = try await allowlist()
        return await allows(url, list, name)
    }

    /// Sees to it that notifications may be sent to a URL. Entries that are there stay.
    package func allow(_ url: String) async throws(GraylogProblem) -> Allowance {
        let (name, list) = try await allowlist()
        guard await !allows(url, list, name) else { return .present }
        try await send(.allow(url, in: list, name)) { _ throws(GraylogProblem) in
            try await self.allowlist().list.contains(url)
        }
        return .added
    }

    private func allows(_ url: String, _ list: URLAllowlist, _ name: String) async -> Bool {
        if list.isDisabled || list.contains(url) { return true }
        // A regular expression may allow it; an answer that is not understood says only that the URL is added.
        let check: RESTAnswer.AllowedURL? = try? await ask(.isAllowed(url, by: name))
        return check?.isAllowed == true
    }

    /// The list and its name in this Graylog.
    private func allowlist() async throws(GraylogProblem) -> (name: String, list: URLAllowlist) {
        var problem = GraylogProblem("Graylog has no URL allowlist")
        for name in URLAllowlist.names {
            do throws(GraylogProblem) {
                let answer: RESTAnswer.Allowlist = try await ask(.allowlist(name))
                return (
                    name, URLAllowlist(entries: answer.entries, isDisabled: answer.disabled)
                )
            } catch {
                // Some versions answer an unknown path with the page of the web interface.
                guard error.isMissing || error.isWebPage else { throw error }
                problem = error
            }
        }
        throw problem
    }
}

extension RESTAnswer {
    /// `GET /system/urlallowlist`, before 7.0 `GET /system/urlwhitelist`
    struct Allowlist: Decodable {
        let entries: [JSONTree]
        let disabled: Bool
    }

    /// `POST /system/urlallowlist/check`
    struct AllowedURL: Decodable {
        let isAllowed: Bool

        enum CodingKeys: String, CodingKey {
            case newer = "is_allowlisted"
            case older = "is_whitelisted"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            isAllowed =
                try container.decodeIfPresent(Bool.self, forKey: .newer)
                ?? container.decode(Bool.self, forKey: .older)
        }
    }
}
