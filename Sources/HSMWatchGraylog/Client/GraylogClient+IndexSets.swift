// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

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
