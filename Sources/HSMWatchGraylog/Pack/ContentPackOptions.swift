// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What a content pack needs to know that no configuration of hsmwatch says.
package struct ContentPackOptions: Equatable, Sendable {
    /// Mail addresses that get the alerts; none: no mail.
    package let recipients: [String]
    /// Where alerts are posted as JSON; Graylog's URL allowlist must have it. nil: nowhere.
    package let webhook: String?
    /// Where the runbook of the alerts stands: a URL or a path; nil: where the configuration says, or `installedRunbook`.
    package let runbook: String?
    /// Whether the pack has an input; not when Graylog has one already.
    package let hasInput: Bool
    /// Files on the Graylog server for a TLS input.
    package let tls: InputTLS

    /// The files of a TLS input, on the Graylog server.
    package struct InputTLS: Hashable, Sendable {
        package let certificate: String
        package let key: String
        /// The authorities, one of which must have signed the certificate that hsmwatch presents.
        package let clientAuthorities: String

        package static let standard = InputTLS(
            certificate: "/etc/graylog/server/hsmwatch.crt", key: "/etc/graylog/server/hsmwatch.key",
            clientAuthorities: "/etc/graylog/server/hsmwatch-ca.crt")

        package init(certificate: String, key: String, clientAuthorities: String) {
            self.certificate = certificate
            self.key = key
            self.clientAuthorities = clientAuthorities
        }
    }

    /// A placeholder (RFC 2606) that reaches no mailbox.
    package static let exampleRecipient = "soc@example.org"
    /// Where a package of hsmwatch has it.
    package static let installedRunbook = "/usr/share/doc/hsmwatch/docs/runbook.md"

    /// The addresses of mail at the most.
    package static let mostRecipients = 50
    /// Characters of any of the texts.
    package static let longestText = 1024

    /// Throws what is wrong with a text, and what is allowed.
    package init(
        recipients: [String] = [ContentPackOptions.exampleRecipient],
        webhook: String? = nil,
        runbook: String? = nil,
        hasInput: Bool = true,
        tls: InputTLS = .standard
    ) throws(InvalidText) {
        guard recipients.count <= Self.mostRecipients else {
            throw InvalidText("\(recipients.count) addresses; allowed: at most \(Self.mostRecipients)")
        }
        for recipient in recipients {
            let parts = recipient.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), Self.isPlain(recipient) else {
                throw InvalidText("\(recipient.quoted) is not an address; allowed: name@host")
            }
        }
        if let webhook {
            guard webhook.hasPrefix("https://") || webhook.hasPrefix("http://"), Self.isPlain(webhook) else {
                // What may be a secret is not shown.
                let shown = webhook.utf8.contains(UInt8(ascii: "@")) ? "the webhook" : webhook.quoted
                throw InvalidText("\(shown) is not a URL; allowed: https://… or http://…")
            }
        }
        for text in [runbook ?? Self.installedRunbook, tls.certificate, tls.key, tls.clientAuthorities] {
            guard Self.isPlain(text) else {
                throw InvalidText(
                    "\(text.quoted) is not a place; allowed: 1 … \(Self.longestText) visible characters without spaces")
            }
        }
        self.recipients = recipients
        self.webhook = webhook
        self.runbook = runbook
        self.hasInput = hasInput
        self.tls = tls
    }

    /// The host of the webhook. What stands before and after it may be a secret.
    package var webhookHost: String? {
        guard let webhook else { return nil }
        let authority = webhook.split(separator: "//").dropFirst().first?.prefix { !"/?#".contains($0) } ?? ""
        return authority.split(separator: "@").last.map(String.init) ?? ""
    }

    private static func isPlain(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return (1...longestText).contains(scalars.count) && scalars.allSatisfy { (0x21...0x7E).contains($0.value) }
    }
}
