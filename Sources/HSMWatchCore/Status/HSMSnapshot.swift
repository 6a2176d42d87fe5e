// SPDX-License-Identifier: Apache-2.0

/// How one HSM, or one query port of it, is at a moment.
package struct HSMSnapshot: Equatable, Sendable {
    package let name: String
    package let address: HostPort
    package let queryPort: UInt16?
    package let status: QueryStatus

    package init(name: String, address: HostPort, queryPort: UInt16?, status: QueryStatus) {
        self.name = name
        self.address = address
        self.queryPort = queryPort
        self.status = status
    }

    package init(_ subject: Subject, _ status: QueryStatus) {
        self.init(name: subject.name, address: subject.address, queryPort: subject.queryPort, status: status)
    }

    package var state: HSMState { status.state }
}
