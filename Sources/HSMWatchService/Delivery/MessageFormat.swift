// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore

/// What an output makes of a message in the spool, which is GELF's JSON.
enum MessageFormat: Sendable {
    case gelf
    case syslog(SyslogEncoder)

    init(of output: OutputConfiguration) {
        switch output.kind {
        case .gelfTCP, .gelfUDP, .gelfHTTP:
            self = .gelf
        case .syslogTCP, .syslogUDP:
            self = .syslog(SyslogEncoder(output.syslog, localTime: LocalTime.init(at:)))
        }
    }

    /// The message without a frame that an HSM could obey, also when hsmwatch 0.1.0 has spooled it.
    func bytes(of message: SpooledMessage) -> [UInt8] {
        switch self {
        case .gelf: CommandFrame.escaping(json: message.body)
        case .syslog(let encoder): encoder.encode(message.body, spooledAt: Timestamp(milliseconds: message.time))
        }
    }
}

extension LocalTime {
    /// This machine's, with its summer time as it was then (tzset(3), localtime(3)).
    init(at timestamp: Timestamp) {
        var seconds = time_t(timestamp.milliseconds / 1000)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else {
            self = .utc
            return
        }
        self.init(offset: local.tm_gmtoff, zone: local.tm_zone.map { String(cString: $0) } ?? "UTC")
    }
}
