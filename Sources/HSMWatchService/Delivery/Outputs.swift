// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// All outputs as one part of the service: they end together, so that several dead ones do not add up their drains.
struct Outputs: Service {
    let all: [Output]

    func run() async {
        await withDiscardingTaskGroup { group in
            for output in all {
                group.addTask { await output.run() }
            }
        }
    }
}
