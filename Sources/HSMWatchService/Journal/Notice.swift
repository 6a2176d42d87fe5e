// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// One entry of the journal: a level, a sentence, fields to search by, and a `MESSAGE_ID` for each kind.
package enum Notice {
    /// The same sentence that Graylog gets.
    case event(Event)
    /// The HSM answers again, before or after its failures had become a state.
    case answersAgain(Subject)
    case thresholdNotBelowTotal(Subject, MisconfiguredThreshold)
    case configurationProblem(ConfigurationProblem, file: String)
    case spoolRefused(SpoolRefusal)
    case tooFewDescriptors(needed: Int, limit: Int)
    case spoolDamaged(movedTo: String)
    /// The files were removed or replaced while the service ran; `foreign` is where a database is that replaced them.
    case spoolRestored(foreign: String?)
    /// The directory was replaced while the service ran, and another hsmwatch has the new one.
    case spoolUsurped(SpoolRefusal)
    case diskFailing(reason: String)
    case diskWorking
    case spoolNotClosed(reason: String)
    case managerUnreachable(reason: String)
    /// What became of the descriptors that the process before has left.
    case connectionsTakenUp(Int, ended: Int)
    case watchdogWithheld(Liveness.Part)
    case statusUnavailable(path: String, reason: String)
    /// A file with a certificate, a key or a token has changed and cannot be used.
    case credentialsRejected(output: String, reason: String)

    package var messageID: MessageID {
        switch self {
        case .event(let event): event.content.messageID
        case .answersAgain: .answersAgain
        case .thresholdNotBelowTotal: .thresholdNotBelowTotal
        case .configurationProblem: .configurationProblem
        case .spoolRefused(.inUse): .spoolInUse
        case .spoolRefused(.cannotOpen): .spoolNotOpened
        case .spoolRefused(.newer): .spoolNewer
        case .tooFewDescriptors: .tooFewDescriptors
        case .spoolDamaged: .spoolDamaged
        case .spoolRestored: .spoolRestored
        case .spoolUsurped: .spoolInUse
        case .diskFailing: .diskFailing
        case .diskWorking: .diskWorking
        case .spoolNotClosed: .spoolNotClosed
        case .managerUnreachable: .managerUnreachable
        case .connectionsTakenUp: .connectionsTakenUp
        case .watchdogWithheld: .watchdogWithheld
        case .statusUnavailable: .statusUnavailable
        case .credentialsRejected: .credentialsRejected
        }
    }

    var level: Logger.Level {
        switch self {
        case .event(let event): event.logLevel
        case .answersAgain, .diskWorking: .notice
        case .connectionsTakenUp: .info
        case .thresholdNotBelowTotal, .managerUnreachable, .statusUnavailable, .credentialsRejected: .warning
        case .configurationProblem(let problem, _): problem.severity == .error ? .error : .warning
        case .spoolRefused, .spoolUsurped, .tooFewDescriptors, .spoolDamaged, .spoolRestored, .diskFailing,
            .spoolNotClosed, .watchdogWithheld:
            .error
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
        case .spoolRefused(let refusal):
            "\(refusal): \(refusal.nextStep)"
        case .tooFewDescriptors(let needed, let limit):
            "hsmwatch needs \(needed) open files at least, and the limit is \(limit): not started;"
                + " set LimitNOFILE= with systemctl edit hsmwatch, or ulimit -n in a shell"
        case .spoolDamaged(let moved):
            "the spool was damaged; it is kept as \(moved), and a new one has begun"
        case .spoolRestored(let foreign):
            "the spool's files were removed or replaced while hsmwatch runs: all messages are written anew, none is lost"
                + (foreign.map { "; the file that lay there is kept as \($0)" } ?? "")
        case .spoolUsurped(let refusal):
            "\(refusal): somebody removed the spool's directory, and another hsmwatch has made it anew; this one ends,"
                + " since both would take sockets of the HSMs"
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
        case .credentialsRejected(let output, let reason):
            "Output \(output): a changed file is rejected, and its previous contents stay in use: \(reason)"
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
        case .spoolRefused(.inUse(let path)), .spoolRefused(.newer(let path, _)): ["SPOOL": path]
        case .spoolUsurped: [:]
        case .spoolRestored(let foreign): foreign.map { ["SPOOL_MOVED_TO": $0] } ?? [:]
        case .spoolRefused(.cannotOpen(let directory, let reason)): ["SPOOL": directory, "REASON": reason]
        case .spoolDamaged(let moved): ["SPOOL_MOVED_TO": moved]
        case .diskFailing(let reason), .spoolNotClosed(let reason), .managerUnreachable(let reason): ["REASON": reason]
        case .watchdogWithheld(let part): ["PART": part.rawValue]
        case .statusUnavailable(let path, let reason): ["SOCKET": path, "REASON": reason]
        case .credentialsRejected(let output, let reason): ["OUTPUT": output, "REASON": reason]
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
