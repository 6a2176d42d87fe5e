// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

extension GraylogClient {
    /// Which Graylog it is.
    package func version() async throws(GraylogProblem) -> GraylogRelease {
        let overview: RESTAnswer.Overview = try await ask(.overview)
        guard let version = GraylogRelease(parsing: overview.version) else {
            throw GraylogProblem(
                "Graylog's answer is not understood: its version is \(Reply.printable(overview.version.utf8))")
        }
        return version
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
