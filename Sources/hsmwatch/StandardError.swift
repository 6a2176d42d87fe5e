// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchService

/// Writes a line that is not data, fitted to a terminal: a closed stderr is no reason to stop.
func printToStandardError(_ line: String) {
    let fitted = Terminal.fit(line, to: STDERR_FILENO)
    try? FileHandle.standardError.write(contentsOf: Data((fitted + "\n").utf8))
}
