// SPDX-License-Identifier: Apache-2.0

/// A number of available sockets below which a state counts, written `100` or `20%`.
package enum Threshold: Hashable, Sendable {
    /// Sockets, at most ten digits as in a reply; 0 is never reached and so switches the state off.
    case absolute(Int)
    /// Percent of the HSM's total, 1 to 100.
    case percent(Int)

    /// Reads `100` or `20%`.
    package init(parsing text: String) throws(InvalidText) {
        let isPercent = text.hasSuffix("%")
        let range = isPercent ? ConfigurationLimits.thresholdPercent : ConfigurationLimits.thresholdSockets
        guard let number = WholeNumber.parse(isPercent ? text.dropLast() : text[...]), range.contains(number) else {
            throw InvalidText(
                "\(text.quoted) is not a threshold; allowed: \(ConfigurationLimits.thresholdSockets.lowerBound) … "
                    + "\(ConfigurationLimits.thresholdSockets.upperBound) sockets, "
                    + "or \(ConfigurationLimits.thresholdPercent.lowerBound)% … "
                    + "\(ConfigurationLimits.thresholdPercent.upperBound)% of the total")
        }
        self = isPercent ? .percent(number) : .absolute(number)
    }

    /// Whether this is certainly more than `other`; a number and a percentage compare only beside a total.
    func isAbove(_ other: Threshold) -> Bool {
        switch (self, other) {
        case (.absolute(let left), .absolute(let right)), (.percent(let left), .percent(let right)): left > right
        case (.absolute, .percent), (.percent, .absolute): false
        }
    }
}

extension Threshold: CustomStringConvertible {
    /// As it is written in a configuration.
    package var description: String {
        switch self {
        case .absolute(let sockets): "\(sockets)"
        case .percent(let percent): "\(percent)%"
        }
    }
}
