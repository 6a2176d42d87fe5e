// SPDX-License-Identifier: Apache-2.0

/// A hash that is the same in every process: Swift's own hashes differ from run to run.
package enum StableHash {
    /// FNV-1a (64 bits), mixed once more so that texts that differ in their last digit are far apart too.
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return hash ^ (hash >> 33)
    }
}
