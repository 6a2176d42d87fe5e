// SPDX-License-Identifier: Apache-2.0

/// A place in a configuration file; lines and columns count from 1, columns in Unicode scalars.
package struct Mark: Comparable, Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: Mark, right: Mark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
