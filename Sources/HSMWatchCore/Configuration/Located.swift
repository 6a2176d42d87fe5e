// SPDX-License-Identifier: Apache-2.0

/// A value with its place in the file, for problems that show only beside other values.
struct Located<Value> {
    var value: Value
    var mark: Mark
    /// The value's name in messages, e.g. `hsms[0].alert.critical`.
    var path: String
}
