// SPDX-License-Identifier: Apache-2.0

/// Another hsmwatch uses the spool. It is a state for as long as that one runs, and no fault of the disk.
package struct SpoolInUse: Error, Equatable, CustomStringConvertible {
    /// The database that is in use.
    package let path: String

    package var description: String { "another hsmwatch uses \(path)" }
}
