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
