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
    case tooFewDescriptors(needed: Int, limit: Int)
    case spoolDamaged(movedTo: String)
    case diskFailing(reason: String)
    case diskWorking
    case spoolNotClosed(reason: String)
    case managerUnreachable(reason: String)
    /// What became of the descriptors that the process before has left.
    case connectionsTakenUp(Int, ended: Int)
    case watchdogWithheld(Liveness.Part)
    case statusUnavailable(path: String, reason: String)

    package var messageID: MessageID {
        switch self {
        case .event(let event): event.content.messageID
        case .answersAgain: .answersAgain
        case .thresholdNotBelowTotal: .thresholdNotBelowTotal
        case .configurationProblem: .configurationProblem
        case .spoolInUse: .spoolInUse
        case .tooFewDescriptors: .tooFewDescriptors
        case .spoolDamaged: .spoolDamaged
        case .diskFailing: .diskFailing
        case .diskWorking: .diskWorking
        case .spoolNotClosed: .spoolNotClosed
        case .managerUnreachable: .managerUnreachable
        case .connectionsTakenUp: .connectionsTakenUp
        case .watchdogWithheld: .watchdogWithheld
        case .statusUnavailable: .statusUnavailable
        }
    }

    var level: Logger.Level {
        switch self {
        case .event(let event): event.logLevel
        case .answersAgain, .diskWorking: .notice
        case .connectionsTakenUp: .info
        case .thresholdNotBelowTotal, .managerUnreachable, .statusUnavailable: .warning
        case .configurationProblem(let problem, _): problem.severity == .error ? .error : .warning
        case .spoolInUse, .tooFewDescriptors, .spoolDamaged, .diskFailing, .spoolNotClosed, .watchdogWithheld: .error
        }
    }

    var text: String {
        switch self {
        case .event(let event):
            event.sentence
        case .answersAgain(let subject):
            "HSM \(subject.name) at \(subject.address) answers again"
        case .thresholdNotBelowTotal(let subject, let found):
            "HSM \(subject.name) at \(subject.address) has \(counted(found.total, "socket")) in all: the threshold"
                + " \(found.key) = \(found.threshold) is not below that, so every reading violates it; lower it"
        case .configurationProblem(let problem, let file):
            problem.rendered(file: file)
        case .spoolInUse(let inUse):
            "\(inUse): not started, since both would take sockets of the HSMs; stop the other,"
                + " or give each its own $STATE_DIRECTORY"
        case .tooFewDescriptors(let needed, let limit):
            "hsmwatch needs \(needed) open files at least, and the limit is \(limit): not started;"
                + " set LimitNOFILE= with systemctl edit hsmwatch, or ulimit -n in a shell"
        case .spoolDamaged(let moved):
            "the spool was damaged; it is kept as \(moved), and a new one has begun"
        case .diskFailing(let reason):
            "the spool's disk fails (\(reason)): going on in memory,"
                + " trying the disk again every \(DurationText.format(Spool.diskRetry))"
        case .diskWorking:
            "the spool's disk works again: what waited in memory is on the disk"
        case .spoolNotClosed(let reason):
            "the spool could not be closed in good order (\(reason)); the next start finds what was committed"
        case .managerUnreachable(let reason):
            "the service manager cannot be told: \(reason)"
        case .connectionsTakenUp(let takenUp, let ended):
            "\(counted(takenUp, "connection")) to HSMs taken up from the process before,"
                + " \(ended) closed as stale"
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
        case .diskWorking, .connectionsTakenUp, .tooFewDescriptors: [:]
        }
    }
}

extension Logger {
    /// Tells the journal.
    package func note(_ notice: Notice) {
        guard notice.level >= logLevel else { return }
        var metadata = notice.fields.mapValues { MetadataValue.string($0) }
        metadata[JournalLogHandler.messageIDKey] = .string(notice.messageID.rawValue)
        log(level: notice.level, "\(notice.text)", metadata: metadata)
    }
}
