// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What a number of a dashboard shows of the messages that its search finds.
///
/// Over nothing it shows what live servers showed: 0 for most functions, so that silence looks like a number.
package enum NumberTile {
    /// The text for a function as a widget writes it: `latest(spooled)`. Nil for a function that is not known here.
    package static func text(_ function: String, over messages: [StoredMessage]) -> String? {
        guard let function = PackFunction(function) else { return nil }
        let found = messages.sorted { $0.timestamp < $1.timestamp }.compactMap { $0.fields[function.field ?? ""] }
        let numbers = found.compactMap(\.number)
        switch function.name {
        case "count": return "\(function.field == nil ? messages.count : found.count)"
        case "card": return "\(Set(found).count)"
        case "min": return shown(numbers.min() ?? 0)
        case "max": return shown(numbers.max() ?? 0)
        case "percentile" where numbers.isEmpty: return "NaN"
        case "latest": return found.last.map(\.shownText) ?? "N/A"
        default: return nil
        }
    }

    private static func shown(_ number: Double) -> String {
        Int(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}

extension FieldValue {
    fileprivate var shownText: String {
        switch self {
        case .long(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        }
    }
}
