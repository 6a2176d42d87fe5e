// SPDX-License-Identifier: Apache-2.0

/// The name under which an HSM's connection waits for the next process: it stands for the HSM's name and its address.
///
/// It is a hash, because it has to be short. The service manager hands the names of all connections over in one variable
/// of the environment, and Linux starts no program with a variable above 128 KiB (`MAX_ARG_STRLEN`, execve(2)): with
/// names and addresses in full some 4,000 HSMs would be enough, and the service would never start again.
package struct ConnectionName: Hashable, Sendable {
    /// Characters of each name: 64 bits, six a character.
    package static let length = 11

    /// The digits of Base64 for URLs (RFC 4648 section 5): nothing that a descriptor's name may not have.
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    package let text: String

    package init(hsm: HSMConfiguration) {
        // Neither has a space, so no two HSMs make the same text.
        let hash = StableHash.of("\(hsm.name) \(hsm.address)")
        text = String((0..<Self.length).map { Self.digits[Int((hash >> (6 * $0)) & 63)] })
    }
}
