// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// `0.421 ms`: cut to microseconds, which all three decimals show.
    package var millisecondsText: String {
        let microseconds = wholeNanoseconds / 1000
        let decimals = "\(microseconds % 1000)"
        return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - decimals.count))\(decimals) ms"
    }
}
