// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What a simulated HSM has and does; can be changed while it runs.
package struct HSMBehaviour: Hashable, Sendable {
    /// The sockets it has, `0…maximumSockets`.
    package var total = 64
    /// The sockets that other clients, which do not exist here, are said to use.
    package var inUse = 0
    /// How it misbehaves.
    package var fault = HSMFault.none
    /// The pause before each byte of a slow reply.
    package var slowPause = Duration.milliseconds(20)

    /// The greatest `total` and `inUse`: more than any HSM has, and few enough digits for every reader.
    package static let maximumSockets = 1_000_000

    package init(total: Int = 64, inUse: Int = 0, fault: HSMFault = .none) {
        self.total = total
        self.inUse = inUse
        self.fault = fault
    }

    /// Reads a number of sockets, 0…`maximumSockets`; `nil` when it is not one.
    package static func sockets(_ text: String) -> Int? {
        guard let number = Int(text), (0...maximumSockets).contains(number) else { return nil }
        return number
    }

    /// The sockets left while `open` clients are connected; never below 0.
    package func available(open: Int) -> Int {
        max(0, total - inUse - open)
    }
}

/// A way in which a simulated HSM misbehaves.
package enum HSMFault: Hashable, Sendable {
    /// What happens to clients for whom no socket is left. Nobody knows what a real HSM does, so all three exist.
    package enum WhenFull: String, CaseIterable, Sendable {
        /// The kernel refuses them, until a socket is free again.
        case refuse
        /// They are accepted and closed.
        case close
        /// They are accepted and get no reply, until a socket is free again.
        case hang
    }

    /// Answers as it should.
    case none
    /// The kernel refuses new clients, and those that were connected are closed.
    case refuse
    /// Accepts, reads, never replies.
    case hang
    /// Closes a new client at once, and one that is already connected at its next request.
    case close
    /// Answers a request with a TCP reset.
    case reset
    /// Replies one byte at a time, with `HSMBehaviour.slowPause` before each.
    case slow
    /// Replies with bytes that are no HSM protocol, though they contain a `<…>`.
    case garbage
    /// Sends the first half of a reply, then closes.
    case truncated
    /// Replies with error `0…99`: `<00#NN0080#>`.
    case error(Int)
    /// Replies without CR LF after `>`: option 23 of a real HSM.
    case noCRLF
    /// Replies with one more field: option 20 of a real HSM appends the name of its master key.
    case extraField
    /// Starts a reply that never ends: `HSMAnswer.hugeLength` bytes without `>`.
    case huge
    /// Sends every reply twice.
    case double
    /// Sends a reply to every client that connects, before it asks.
    case early
    /// Enforces the number of sockets; clients beyond it fare as the value says, the others go on being answered.
    case full(WhenFull)
}

extension HSMFault: CustomStringConvertible {
    /// The faults whose name is all there is to say.
    private static let plain: [HSMFault] = [
        .none, .refuse, .hang, .close, .reset, .slow, .garbage, .truncated, .noCRLF, .extraField, .huge, .double,
        .early,
    ]

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed =
        (plain.map(\.description) + ["error:NN (two digits)"] + WhenFull.allCases.map { full($0).description })
        .joined(separator: ", ")

    /// `; did you mean '…'?` for a text that is no fault; empty when it is near none.
    package static func hint(_ text: String) -> String {
        NearestName.hint(text, among: (plain + WhenFull.allCases.map(full)).map(\.description))
    }

    /// Reads the text form, as in `error:22`; `nil` when it is not one.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count == 2 ? parts[1] : nil) {
        case ("error", let digits?):
            guard digits.utf8.count == 2, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits)
            else { return nil }
            self = .error(number)
        case ("full", let word?):
            guard let whenFull = WhenFull(rawValue: word) else { return nil }
            self = .full(whenFull)
        default:
            guard let fault = Self.plain.first(where: { $0.description == text }) else { return nil }
            self = fault
        }
    }

    package var description: String {
        switch self {
        case .none: "none"
        case .refuse: "refuse"
        case .hang: "hang"
        case .close: "close"
        case .reset: "reset"
        case .slow: "slow"
        case .garbage: "garbage"
        case .truncated: "truncated"
        case .error(let number): number < 10 ? "error:0\(number)" : "error:\(number)"
        case .noCRLF: "no-crlf"
        case .extraField: "extra-field"
        case .huge: "huge"
        case .double: "double"
        case .early: "early"
        case .full(let whenFull): "full:\(whenFull.rawValue)"
        }
    }
}

/// A line by which a user changes simulated HSMs while they run: `in-use 60`, `127.0.0.1:9010 fault hang`.
package struct HSMChange: Hashable, Sendable {
    private enum Setting: Hashable {
        case total(Int)
        case inUse(Int)
        case fault(HSMFault)
    }

    /// The HSMs that it concerns; `nil` for all.
    package let address: ListenAddress?
    private let setting: Setting

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed = """
        in-use N, total N (each 0 to \(HSMBehaviour.maximumSockets)) or fault KIND, optionally after a HOST:PORT; \
        KIND is one of \(HSMFault.allowed)
        """

    /// `; did you mean '…'?` for a line that is no change; empty when it is near none.
    package static func hint(_ line: String) -> String {
        let words = line.split(whereSeparator: \.isWhitespace).suffix(2).map(String.init)
        guard words.count == 2 else { return "" }
        if words[0] == "fault" { return HSMFault.hint(words[1]) }
        let settings = ["total", "in-use", "fault"]
        return settings.contains(words[0]) ? "" : NearestName.hint(words[0], among: settings)
    }

    /// Reads a line; `nil` when it is not one.
    package init?(_ line: String) {
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let value = words.popLast(), let name = words.popLast(), words.count <= 1 else { return nil }
        switch name {
        case "total":
            guard let number = HSMBehaviour.sockets(value) else { return nil }
            setting = .total(number)
        case "in-use":
            guard let number = HSMBehaviour.sockets(value) else { return nil }
            setting = .inUse(number)
        case "fault":
            guard let fault = HSMFault(value) else { return nil }
            setting = .fault(fault)
        default:
            return nil
        }
        if let text = words.first {
            guard let address = ListenAddress(text) else { return nil }
            self.address = address
        } else {
            address = nil
        }
    }

    /// Whether it concerns the HSM that listens at `other`.
    package func concerns(_ other: ListenAddress) -> Bool {
        guard let address else { return true }
        return address.host == other.host && address.ports.contains(other.ports.lowerBound)
    }

    /// Why an HSM that does `behaviour` cannot do what the line says, and what it can; `nil` when it can do it.
    package func problem(for behaviour: HSMBehaviour) -> String? {
        var changed = behaviour
        apply(to: &changed)
        guard changed.inUse > changed.total else { return nil }
        return switch setting {
        case .inUse: "it has \(counted(changed.total, "socket")); allowed: in-use 0 to \(changed.total)"
        case .total, .fault:
            "\(changed.inUse) are in use; allowed: total \(changed.inUse) to \(HSMBehaviour.maximumSockets)"
        }
    }

    package func apply(to behaviour: inout HSMBehaviour) {
        switch setting {
        case .total(let number): behaviour.total = number
        case .inUse(let number): behaviour.inUse = number
        case .fault(let fault): behaviour.fault = fault
        }
    }
}

/// What a simulated HSM saw of its clients.
package struct HSMFacts: Hashable, Sendable {
    /// The connections accepted since the start.
    package internal(set) var accepted = 0
    /// The connections open now.
    package internal(set) var open = 0
    /// The most connections that were open at the same moment.
    package internal(set) var mostOpen = 0
    /// The complete frames received, whether they were answered or not.
    package internal(set) var requests = 0
    /// The bytes received, all of them counted.
    package internal(set) var byteCount = 0
    /// The first `byteLimit` bytes received, of all connections in the order of their arrival.
    package internal(set) var bytes: [UInt8] = []
    /// Whether clients can connect; else the kernel refuses them.
    package internal(set) var isListening = false
    /// Why it could not listen again after a time of refusing; `nil` as long as all is well.
    package internal(set) var listenFailure: ListenFailure?

    /// How many received bytes are kept.
    package static let byteLimit = 65_536

    /// The kept bytes as text.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    mutating func connected() {
        accepted += 1
        open += 1
        mostOpen = max(mostOpen, open)
    }

    mutating func disconnected() {
        open -= 1
    }

    mutating func received(_ received: some Collection<UInt8>, requests: Int) {
        byteCount += received.count
        bytes += received.prefix(Self.byteLimit - bytes.count)
        self.requests += requests
    }
}
