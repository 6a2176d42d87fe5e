// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What a method does at a path.
struct GraylogOperation: Sendable {
    typealias Run = @Sendable (inout GraylogState, GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer

    /// Whether it asks who somebody is.
    var needsCredentials = true
    let run: Run

    init(needsCredentials: Bool = true, _ run: @escaping Run) {
        self.needsCredentials = needsCredentials
        self.run = run
    }
}
