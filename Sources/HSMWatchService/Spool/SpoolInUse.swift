// SPDX-License-Identifier: Apache-2.0

/// Another process has the spool's database open, most likely another hsmwatch: a state for as long as that one runs, and
/// no fault of the disk.
package struct SpoolInUse: Error, Equatable, CustomStringConvertible {
    /// The database that is in use.
    package let path: String

    package var description: String { "another hsmwatch uses \(path)" }
}
