// SPDX-License-Identifier: Apache-2.0

/// What a kind of journal entry is found by, for ever: 128 random bits in hexadecimal (`journalctl MESSAGE_ID=…`,
/// systemd.journal-fields(7)). `systemd/hsmwatch.catalog` explains each.
package enum MessageID: String, CaseIterable, Sendable {
    case reading = "82f0dc55b27843749c87b8b9608405a2"
    case probeFailure = "0f198b58413749aab7a1c895442a578c"
    case stateChange = "8128d6ae3c7f40b7a5cd2615e3f0a4b7"
    case heartbeat = "cdc0268a036f429882a36dfd50988c69"
    case started = "61b7a26060874edfb79ffeafbe1ac34c"
    case reloaded = "b8f4f3ce7ad24d5c9f0e4b6d1c3a7e52"
    case reloadFailed = "d3c1a9f47e5b4c1b8a6f2e9d0b7c8143"
    case stopping = "55534b83c7f1407f80651aca849a5fb4"
    case messagesDropped = "d69a222adf904db0afb8a489bd9cda75"
    case outputDown = "b599078836fd46bba7c69fe1c6fe42e7"
    case outputUp = "cc8514d3137a4c6792276cc57e5c3ee3"
    case sendTest = "0c1f9a7d3c5e4b0c9c0f4c3b8f0e6d72"
    case certificateExpiring = "a5f6e3e1c6f1462d8f0a3d7a2a9b4c51"
    case localFaultStarted = "2f6f0e9b7f5a4c0f9d6b3a1e84c75d29"
    case localFaultEnded = "9b1d47c35ea84f6aa0c2e7f60d38b514"
    case answersAgain = "ad152e827df845a4ba141ca806e65dda"
    case thresholdNotBelowTotal = "be3a774c33f243b7a5ad8bef36780d6a"
    case configurationProblem = "1aa063d6b79f44c6816e607865640fae"
    case spoolInUse = "b1e342d0de8645e2a572678718213f63"
    case tooFewDescriptors = "4d0e7a92c6b14c5f8e35b1f97a2c60e8"
    case spoolDamaged = "0fd678b049b14eb0ab513f6030ccab13"
    case diskFailing = "19fb21f8b2a64bbfa8fc7a0eeabc5697"
    case diskWorking = "5d21e312a8bd4431a91dcc76d59682a7"
    case spoolNotClosed = "6856a650e3c5487ebcc16f33028987cb"
    case managerUnreachable = "ee924265e3014941ab7ba0804ea845c3"
    case connectionsTakenUp = "6ad1ce9cfe7e4055be2b3693fe65b188"
    case watchdogWithheld = "1d7cb4f5b29947339ae8d30d7eb4ea88"
    case statusUnavailable = "7c0e5a1d94f24b0b8f6b2b7a6d3e91c4"
}
