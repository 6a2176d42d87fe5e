// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

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
        try await send(.allow(url, in: list, name)) { () throws(GraylogProblem) in
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
