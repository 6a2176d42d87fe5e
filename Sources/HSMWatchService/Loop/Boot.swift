// SPDX-License-Identifier: Apache-2.0

import Foundation

/// This boot of the machine, which the monotonic clock belongs to.
package enum Boot {
    /// The kernel's name for it (random(4)); nil when it is unknown.
    package static let id = id(
        in: "/proc/sys/kernel/random/boot_id", else: ProcessInfo.processInfo.environment["HSMWATCH_BOOT_ID"])

    /// More than the file has: 36 characters and a line feed.
    private static let limit = 64

    /// The boot that a file names; where the unit hides that file, the name that the unit hands over. The same boot is
    /// written with hyphens by the kernel, and without by systemd.
    static func id(in file: String, else given: String?) -> String? {
        let bytes = try? RegularFile.read(file, limit: limit)
        let text = bytes.map { String(decoding: $0, as: UTF8.self) } ?? given ?? ""
        let digits = text.lowercased().filter { !$0.isWhitespace && $0 != "-" }
        return digits.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit } ? digits : nil
    }
}
