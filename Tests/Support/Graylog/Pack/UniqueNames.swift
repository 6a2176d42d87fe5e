// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// Names that must not come twice.
struct UniqueNames {
    private var names: Set<String> = []

    /// Reports a name that was there before.
    mutating func check(_ name: JSONValue?, _ path: String, _ inspection: inout PackInspection) {
        guard let name = name?.string, !names.insert(name).inserted else { return }
        inspection.report(path, "\(name) is the id of something else, too")
    }
}
