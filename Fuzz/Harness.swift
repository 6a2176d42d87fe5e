// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The target that `scripts/fuzz` names in the environment.
private let target = getenv("HSMWATCH_FUZZ").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

/// libFuzzer calls this with every input; a crash is a finding.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let target else { preconditionFailure("HSMWATCH_FUZZ names no target") }
    do {
        try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        // Optimized, a precondition has no words.
        let line = Array("\(target.rawValue): \(error)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        preconditionFailure("an invariant does not hold")
    }
    return 0
}
