// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What a command wants a Graylog to have: from whatever is there, it makes the plan for the rest of the way.
package enum PackGoal: Sendable {
    case installed(ContentPack)
    case uninstalled

    /// What is still to do.
    ///
    /// - Throws: what has to be changed in Graylog before.
    package func plan(in presence: PackPresence) throws(GraylogProblem) -> PackPlan {
        switch self {
        case .installed(let pack): try PackPlan.installing(fingerprint: pack.fingerprint, in: presence)
        case .uninstalled: PackPlan.uninstalling(from: presence)
        }
    }

    /// The pack that is uploaded, if one is.
    package var pack: ContentPack? {
        switch self {
        case .installed(let pack): pack
        case .uninstalled: nil
        }
    }

    /// Of the installation that stays, if one does.
    var fingerprint: String? { pack?.fingerprint }

    /// What Graylog has when the way is done.
    var arrival: String {
        switch self {
        case .installed: "the content pack is installed"
        case .uninstalled: "the content pack is uninstalled"
        }
    }

    /// What completes the way when it was left in the middle.
    package var completion: String {
        let command =
            switch self {
            case .installed: "hsmwatch graylog install"
            case .uninstalled: "hsmwatch graylog uninstall"
            }
        return "to complete it, type the same command again: \(command), with the same options"
    }

    /// The last line of a command that has failed.
    package func failure(_ problem: GraylogProblem, standing: String) -> GraylogProblem {
        GraylogProblem("\(problem.summary); \(standing); \(completion)", isUncertain: problem.isUncertain)
    }
}
