// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// What the journal is told: a level, a sentence, fields to search by, and a `MESSAGE_ID` for each kind.
package enum Notice {
    /// What Graylog is told too, in the same words.
    case event(Event)
    /// The HSM answers again, before or after its failures had become a state.
    case answersAgain(Subject)
    case thresholdNotBelowTotal(Subject, MisconfiguredThreshold)
    case configurationProblem(ConfigurationProblem, file: String)
    case spoolInUse(SpoolInUse)
    case spoolDamaged(movedTo: String)
    case diskFailing(reason: String)
    case diskWorking
    case spoolNotClosed(reason: String)
    case reloadIgnored
    case managerUnreachable(reason: String)
    case watchdogWithheld(Liveness.Part)
    case statusUnavailable(path: String, reason: String)

    /// 128 bits in hexadecimal, one a kind and for ever (`journalctl MESSAGE_ID=…`, systemd.journal-fields(7)).
    package var messageID: String {
        switch self {
        case .event(let event): event.content.messageID
        case .answersAgain: "ad152e827df845a4ba141ca806e65dda"
        case .thresholdNotBelowTotal: "be3a774c33f243b7a5ad8bef36780d6a"
        case .configurationProblem: "1aa063d6b79f44c6816e607865640fae"
        case .spoolInUse: "b1e342d0de8645e2a572678718213f63"
        case .spoolDamaged: "0fd678b049b14eb0ab513f6030ccab13"
        case .diskFailing: "19fb21f8b2a64bbfa8fc7a0eeabc5697"
        case .diskWorking: "5d21e312a8bd4431a91dcc76d59682a7"
        case .spoolNotClosed: "6856a650e3c5487ebcc16f33028987cb"
        case .reloadIgnored: "f57b313d13f44e2d93bbf17cb0e28967"
        case .managerUnreachable: "ee924265e3014941ab7ba0804ea845c3"
        case .watchdogWithheld: "1d7cb4f5b29947339ae8d30d7eb4ea88"
        case .statusUnavailable: "7c0e5a1d94f24b0b8f6b2b7a6d3e91c4"
        }
    }

    var level: Logger.Level {
        switch self {
        case .event(let event): event.logLevel
        case .answersAgain, .diskWorking: .notice
        case .thresholdNotBelowTotal, .reloadIgnored, .managerUnreachable, .statusUnavailable: .warning
        case .configurationProblem(let problem, _): problem.severity == .error ? .error : .warning
        case .spoolInUse, .spoolDamaged, .diskFailing, .spoolNotClosed, .watchdogWithheld: .error
        }
    }

    var text: String {
        switch self {
        case .event(let event):
            event.sentence
        case .answersAgain(let subject):
            "HSM \(subject.name) at \(subject.address) answers again"
        case .thresholdNotBelowTotal(let subject, let found):
            "HSM \(subject.name) at \(subject.address) has \(found.total) sockets in all: the threshold"
                + " \(found.key) = \(found.threshold) is not below that, so every reading violates it; lower it"
        case .configurationProblem(let problem, let file):
            problem.rendered(file: file)
        case .spoolInUse(let inUse):
            "\(inUse): not started, since both would take sockets of the HSMs; stop the other,"
                + " or give each its own $STATE_DIRECTORY"
        case .spoolDamaged(let moved):
            "the spool was damaged; it is kept as \(moved), and a new one has begun"
        case .diskFailing(let reason):
            "the spool's disk fails (\(reason)): going on in memory,"
                + " trying the disk again every \(DurationText.format(Spool.diskRetry))"
        case .diskWorking:
            "the spool's disk works again: what waited in memory is on the disk"
        case .spoolNotClosed(let reason):
            "the spool could not be closed in good order (\(reason)); the next start finds what was committed"
        case .reloadIgnored:
            "SIGHUP: this version does not reload; restart hsmwatch for a new configuration"
        case .managerUnreachable(let reason):
            "the service manager cannot be told: \(reason)"
        case .watchdogWithheld(let part):
            "no progress of the \(part.rawValue): the watchdog is not answered, so that systemd restarts hsmwatch"
        case .statusUnavailable(let path, let reason):
            "'hsmwatch status' cannot ask this service (\(path): \(reason)); everything else goes on"
        }
    }

    /// Upper-case keys become the journal's fields.
    var fields: [String: String] {
        switch self {
        case .event(let event): event.content.journalFields
        case .answersAgain(let subject): subject.journalFields
        case .thresholdNotBelowTotal(let subject, let found):
            subject.journalFields.merging(["SOCKETS_TOTAL": "\(found.total)"]) { $1 }
        case .configurationProblem(_, let file): ["CONFIGURATION_FILE": file]
        case .spoolInUse(let inUse): ["SPOOL": inUse.path]
        case .spoolDamaged(let moved): ["SPOOL_MOVED_TO": moved]
        case .diskFailing(let reason), .spoolNotClosed(let reason), .managerUnreachable(let reason): ["REASON": reason]
        case .watchdogWithheld(let part): ["PART": part.rawValue]
        case .statusUnavailable(let path, let reason): ["SOCKET": path, "REASON": reason]
        case .diskWorking, .reloadIgnored: [:]
        }
    }
}

extension Logger {
    /// Tells the journal.
    package func note(_ notice: Notice) {
        guard notice.level >= logLevel else { return }
        var metadata = notice.fields.mapValues { MetadataValue.string($0) }
        metadata[JournalLogHandler.messageIDKey] = .string(notice.messageID)
        log(level: notice.level, "\(notice.text)", metadata: metadata)
    }
}
