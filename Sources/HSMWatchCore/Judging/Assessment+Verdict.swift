// SPDX-License-Identifier: Apache-2.0

extension Assessment {
    /// The state by which one observation is called ok or not, by somebody who sees no other one.
    ///
    /// A failure is never called ok, even while the state still is. While the recovery of an HSM is not confirmed, its
    /// state says nothing about the reading.
    package func verdict(on outcome: Outcome) -> HSMState {
        switch outcome {
        case .reading(let reading, _): verdict(on: reading)
        case .failure(let failure): HSMState(failure.kind)
        }
    }

    func verdict(on reading: Reading) -> HSMState {
        state.isFailure ? thresholds.state(of: reading) : state
    }
}
