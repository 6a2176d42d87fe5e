// SPDX-License-Identifier: Apache-2.0

/// How one HSM, or one query port of it, is at a moment.
package struct HSMSnapshot: Equatable, Sendable {
    package let name: String
    package let address: HostPort
    package let queryPort: UInt16?
    /// The confirmed state.
    package let state: HSMState
    /// Since when `state` lasts.
    package let since: Timestamp
    package let status: QueryStatus

    package init(
        name: String, address: HostPort, queryPort: UInt16?, state: HSMState, since: Timestamp, status: QueryStatus
    ) {
        self.name = name
        self.address = address
        self.queryPort = queryPort
        self.state = state
        self.since = since
        self.status = status
    }

    /// - Parameter now: one moment on both clocks, by which the monotonic one is put into civil time.
    package init(_ subject: Subject, _ assessor: Assessor, _ status: QueryStatus, at now: Moment) {
        self.init(
            name: subject.name, address: subject.address, queryPort: subject.queryPort, state: assessor.state,
            since: now.timestamp(of: assessor.since), status: status)
    }
}

extension Moment {
    /// When an instant was, in civil time as it is now.
    fileprivate func timestamp(of earlier: Instant) -> Timestamp {
        Timestamp(milliseconds: timestamp.milliseconds - (instant - earlier).wholeMilliseconds)
    }
}
