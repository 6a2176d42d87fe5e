// SPDX-License-Identifier: Apache-2.0

/// What an input asks of its receiver, in the order in which it must happen.
enum InputAction: Equatable, Sendable {
    /// Take a whole message, still encoded.
    case frame([UInt8])
    /// Report what Graylog drops before it is decoded, and why; `frame` is what was sent of it.
    case lost(reason: String, frame: [UInt8])
    /// Answer a request.
    case answer(HTTPAnswer)
    /// Close the connection.
    case close

    /// Whether it hands over what was received, and answers nothing.
    var isReceipt: Bool {
        switch self {
        case .frame, .lost: true
        case .answer, .close: false
        }
    }
}
