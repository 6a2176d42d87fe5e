// SPDX-License-Identifier: Apache-2.0

/// What went wrong with an open database.
///
/// It concerns only the opening on which it happened: a database that was opened later is another file, or the same one
/// after a check.
struct DiskFailure: Error {
    /// The number that `SpoolDisk` gave to that opening.
    let opening: Int
    /// What the database threw.
    let cause: any Error
}
