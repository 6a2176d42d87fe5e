// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One connection, as its receiver sees it.
struct Sender {
    let channel: any Channel
    /// The number of the input it came to.
    let input: Int
    /// Its IP address.
    let address: String
    /// What is still to be done, because reading is paused or what came before waits to be taken.
    var pending: CircularBuffer<InputAction> = []
    /// Whether the connection is over.
    var isGone = false
    /// Whether whatever still comes of it is lost: Graylog has stopped.
    var isLost = false

    init(_ channel: any Channel, input: Int) {
        self.channel = channel
        self.input = input
        address = channel.remoteAddress?.ipAddress ?? ""
    }
}
