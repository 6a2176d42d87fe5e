// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import TestSupport

/// A Graylog that is a process of its own, always on the same port: it can be stopped, frozen and killed as a real one.
struct GraylogProcess {
    /// What came to it, and to those before it on the port.
    let arrivals: Watched<Arrivals>
    let address: ListenAddress
    private let stage: Stage
    private(set) var process: Child

    /// Starts it.
    init(on stage: Stage) async throws {
        self.stage = stage
        arrivals = Watched(Arrivals())
        // A socket that is bound, but does not listen, keeps the port for us.
        address = try await stage.graylogThatIsDown().address
        process = try await Self.start(on: stage, address, arrivals)
    }

    /// Starts it again after its end.
    mutating func start() async throws {
        process = try await Self.start(on: stage, address, arrivals)
    }

    private static func start(
        on stage: Stage, _ address: ListenAddress, _ arrivals: Watched<Arrivals>
    ) async throws -> Child {
        await arrivals.change { $0.startOver() }
        let process = try stage.hsmwatch(["receive", "--listen", "\(address)", "--format", "json"]) { data in
            await arrivals.change { $0.add(data) }
        }
        _ = try await process.said { $0.errors.contains("listening") }
        return process
    }
}
