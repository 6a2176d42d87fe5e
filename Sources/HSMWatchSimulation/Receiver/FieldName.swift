// SPDX-License-Identifier: Apache-2.0

/// Which names a field may have. Source: `Message` of graylog2-server.
enum FieldName {
    /// Names that the index needs for itself.
    private static let reserved: Set = ["_id", "_ttl", "_source", "_all", "_index", "_type", "_score"]

    /// Why a field with this name is not stored; `nil` when it is.
    static func problem(_ name: String) -> String? {
        if reserved.contains(name) { return "reserved name" }
        return name.utf8.allSatisfy(isAllowed) ? nil : "a name may have only letters, digits and . @ _ -"
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "@", "_", "-": true
        default: false
        }
    }
}
