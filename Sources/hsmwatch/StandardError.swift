// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Writes a line that is not data: a closed stderr is no reason to stop.
func printToStandardError(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}
