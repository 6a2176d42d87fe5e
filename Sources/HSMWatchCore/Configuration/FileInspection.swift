// SPDX-License-Identifier: Apache-2.0

/// How the files that a configuration names are looked at. Core opens none itself.
package struct FileInspection: Sendable {
    /// Why the file at a path cannot be read; nil when it can.
    let unreadability: @Sendable (String) -> String?
    /// Why the file at a path is no secret, and what to do; nil when it is one.
    let exposure: @Sendable (String) -> String?
    /// What is wrong with the contents of the files for TLS, loaded as a connection loads them.
    let tlsProblems: @Sendable (TLSConfiguration) -> [TLSFileProblem]
    /// Why the first line of the file at a path cannot be the value of a header; nil when it can.
    let headerProblem: @Sendable (String) -> String?

    package init(
        unreadability: @escaping @Sendable (String) -> String?, exposure: @escaping @Sendable (String) -> String?,
        tlsProblems: @escaping @Sendable (TLSConfiguration) -> [TLSFileProblem] = { _ in [] },
        headerProblem: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.unreadability = unreadability
        self.exposure = exposure
        self.tlsProblems = tlsProblems
        self.headerProblem = headerProblem
    }

    /// Looks at no file.
    package static let none = FileInspection(unreadability: { _ in nil }, exposure: { _ in nil })
}
