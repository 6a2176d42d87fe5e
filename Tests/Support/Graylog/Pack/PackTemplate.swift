// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A text in which `${source.FIELD}` stands for a message's field.
struct PackTemplate {
    /// The fields, in order.
    let fields: [String]

    /// Reads it; `nil` when a `${` has no end, or holds something else.
    init?(_ text: String) {
        var fields: [String] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "${") {
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: "}"), rest.hasPrefix("source.") else { return nil }
            let field = rest[..<close].dropFirst("source.".count)
            guard PackInspection.isFieldName(String(field)) else { return nil }
            fields.append(String(field))
            rest = rest[rest.index(after: close)...]
        }
        self.fields = fields
    }
}
