// SPDX-License-Identifier: Apache-2.0

/// Finds the requests in the bytes of one connection, however they are cut.
///
/// Bytes outside `<…>` are skipped. A `<` inside a frame starts it anew, since a field cannot contain one.
struct HSMRequestParser {
    /// The longest command of a real HSM, in bytes between `<` and `>`.
    static let maximumLength = 5000

    /// What came after the last `<`; `nil` outside a frame.
    private var content: [UInt8]?

    /// The requests that `bytes` complete; a frame that is too long counts as an unknown one.
    mutating func requests(in bytes: some Sequence<UInt8>) -> [HSMRequest] {
        var requests: [HSMRequest] = []
        for byte in bytes {
            if byte == UInt8(ascii: "<") {
                content = []
            } else if byte == UInt8(ascii: ">") {
                if let content { requests.append(HSMRequest(content)) }
                content = nil
            } else if content?.count == Self.maximumLength {
                requests.append(HSMRequest())
                content = nil
            } else {
                content?.append(byte)
            }
        }
        return requests
    }
}
