// SPDX-License-Identifier: Apache-2.0

/// A frame that a client sent to the simulated HSM.
struct HSMRequest: Hashable, Sendable {
    enum Command: Hashable, Sendable {
        /// `<1223#>` or `<1223#PORT#>`: how many sockets are left?
        case socketInformation
        /// `<00#text#>`: say this again.
        case echo([UInt8])
        /// Anything else.
        case unknown
    }

    let command: Command
    /// The context tag of `^tag#`, which the reply repeats.
    let tag: [UInt8]?

    /// Reads what stood between `<` and `>`: fields, each followed by `#`.
    init(_ content: [UInt8]) {
        var fields = content.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        guard fields.count > 1, fields.removeLast().isEmpty else {
            command = .unknown
            tag = nil
            return
        }
        if fields.count > 1, let last = fields.last, last.first == UInt8(ascii: "^") {
            fields.removeLast()
            tag = Array(last.dropFirst())
        } else {
            tag = nil
        }
        command = Self.command(fields)
    }

    /// A frame that is too long to be read.
    init() {
        command = .unknown
        tag = nil
    }

    private static func command(_ fields: [ArraySlice<UInt8>]) -> Command {
        guard let id = fields.first else { return .unknown }
        switch (String(decoding: id, as: UTF8.self), fields.count) {
        case ("1223", 1): return .socketInformation
        case ("1223", 2) where isPort(fields[1]): return .socketInformation
        case ("00", 2) where !fields[1].isEmpty: return .echo(Array(fields[1]))
        default: return .unknown
        }
    }

    /// Whether the digits are a port, 1…65535, without leading zeros.
    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(String(decoding: digits, as: UTF8.self))
        else { return false }
        return port <= ListenAddress.maximumPort
    }
}

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

/// What a simulated HSM does about one request, or about a client that connects.
enum HSMAnswer: Hashable, Sendable {
    case silence
    case reply([UInt8])
    /// One byte at a time, with a pause before each.
    case slowly([UInt8], pause: Duration)
    /// These bytes, then the end of the connection.
    case lastWords([UInt8])
    case close
    /// The end of the connection by a TCP reset.
    case reset

    /// The length of a reply that never ends: eight times what a reader must bear.
    static let hugeLength = 65_536

    /// No protocol, but with a frame in it, and with bytes that are not even text.
    static let garbage = [0x00, 0xFF, 0x1B] + Array("HTTP/1.1 400 Bad Request\r\n\r\n<html>no HSM</html>\r\n".utf8)
}

extension HSMBehaviour {
    /// The answer to `request` when `available` sockets are left.
    func answer(to request: HSMRequest, available: Int) -> HSMAnswer {
        let reply = reply(to: request, available: available)
        switch fault {
        case .none, .error, .noCRLF, .extraField, .early, .full: return .reply(reply)
        case .hang: return .silence
        case .refuse, .close: return .close
        case .reset: return .reset
        case .slow: return .slowly(reply, pause: slowPause)
        case .garbage: return .reply(HSMAnswer.garbage)
        case .truncated: return .lastWords(Array(reply.prefix(reply.count / 2)))
        case .huge:
            let start = Array("<2223#".utf8)
            return .reply(start + Array(repeating: UInt8(ascii: "9"), count: HSMAnswer.hugeLength - start.count))
        case .double: return .reply(reply + reply)
        }
    }

    /// What a client gets that connects when `available` sockets are left.
    func greeting(available: Int) -> HSMAnswer {
        guard fault == .early else { return .silence }
        return .reply(reply(to: HSMRequest(Array("1223#".utf8)), available: available))
    }

    private func reply(to request: HSMRequest, available: Int) -> [UInt8] {
        var fields = fields(for: request.command, available: available)
        if fault == .extraField { fields.append(Array("MFK1".utf8)) }
        if let tag = request.tag { fields.append([UInt8(ascii: "^")] + tag) }
        let end = fault == .noCRLF ? ">" : ">\r\n"
        return [UInt8(ascii: "<")] + fields.flatMap { $0 + [UInt8(ascii: "#")] } + Array(end.utf8)
    }

    /// The fields of a reply. In `XXYYZZ`, XX is the error, YY the field in error and ZZ the version, here 8.0.
    private func fields(for command: HSMRequest.Command, available: Int) -> [[UInt8]] {
        if case .error(let number) = fault {
            return ["00", (number < 10 ? "0" : "") + "\(number)0080"].map { Array($0.utf8) }
        }
        switch command {
        case .socketInformation:
            return ["2223", "\(available)", "\(total)", "\(total - available)"].map { Array($0.utf8) }
        case .echo(let text): return [Array("00".utf8), Array("000080".utf8), text]
        case .unknown: return ["00", "220080"].map { Array($0.utf8) }
        }
    }
}
