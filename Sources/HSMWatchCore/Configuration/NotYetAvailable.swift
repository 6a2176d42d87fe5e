// SPDX-License-Identifier: Apache-2.0

/// What the configuration names and this version cannot do: refused, because it must not be promised.
enum NotYetAvailable {
    private static let outputKinds: [OutputKind] = [.gelfTCP]

    static func refuse(kind: Located<OutputKind>?, _ problems: inout ConfigurationProblems) {
        guard let kind, !outputKinds.contains(kind.value) else { return }
        let available = outputKinds.map(\.rawValue).joined(separator: ", ")
        problems.error(
            at: kind, "type '\(kind.value.rawValue)' is not available in this version; available: \(available)")
    }
}
