// SPDX-License-Identifier: Apache-2.0

/// Why a probe brought no reading.
package struct Failure: Hashable, Sendable {
    /// The kinds of failure; the raw value is what `_failure` carries.
    package enum Kind: String, CaseIterable, Sendable {
        /// The host name has no address, or the resolver did not answer within the deadline.
        case dns
        /// The HSM's host answered the connection attempt with a reset.
        case refused
        /// The network said that there is no way to the HSM.
        case unreachable
        /// The deadline passed while connecting.
        case timeout
        /// Connected, but the deadline passed before a complete frame came.
        case noReply = "no_reply"
        /// Connected, but the connection ended before a complete frame came.
        case closed
        /// The HSM answered with an error, `<00#XXYYZZ#…>`.
        case hsmError = "hsm_error"
        /// Something answered, but not with what the protocol allows.
        case malformed
        /// This machine could not try: it says nothing about the HSM.
        case local
    }

    package let kind: Kind
    /// One sentence for a person, printable ASCII.
    package let detail: String
    /// The error number XX of an `hsm_error`.
    package let errorCode: Int?
    /// Why this machine could not try; only of a `local` failure.
    package let localCause: LocalCause?

    /// The error numbers that mean that the command is not enabled: 22 non-existent, 23 invalid command or option.
    package static let rejectionCodes: Set<Int> = [22, 23]

    /// Whether the HSM does not know the command, so that asking again soon is of no use.
    package var isRejection: Bool { errorCode.map(Self.rejectionCodes.contains) ?? false }

    package init(_ kind: Kind, _ detail: String, errorCode: Int? = nil) {
        self.kind = kind
        self.detail = detail
        self.errorCode = errorCode
        localCause = nil
    }

    /// The same failure for a query that was not asked because of it.
    var unasked: Failure {
        let detail = "not asked: \(detail)"
        return localCause.map { Failure($0, detail) } ?? Failure(kind, detail, errorCode: errorCode)
    }

    /// A failure of this machine. The detail says more than the cause.
    package init(_ cause: LocalCause, _ detail: String) {
        kind = .local
        self.detail = detail
        errorCode = nil
        localCause = cause
    }
}
