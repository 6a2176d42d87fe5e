// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService

/// Where a Graylog is, and what opens it: read before anything is asked.
package struct GraylogAccess: Sendable {
    package let url: GraylogURL
    /// The trusted authorities; nil for plain HTTP.
    let authorities: HSMWatchCore.TLSConfiguration?
    /// The value of the header that authorizes.
    let authorization: String

    /// Reads the files, blocking for as long as the disk takes.
    ///
    /// - Parameters:
    ///   - tokenFile: its first line is an access token of a Graylog user; only its owner may read it.
    ///   - ca: a PEM file; nil trusts the system's authorities.
    /// - Throws: which file cannot be used, and why.
    package init(url: GraylogURL, tokenFile: String, ca: String?) throws(InvalidText) {
        if let exposure = CredentialPath.exposure(tokenFile) {
            throw InvalidText("the token in \(tokenFile) \(exposure)")
        }
        let token: String
        do {
            token = try CredentialPath.secret(in: tokenFile).token()
        } catch {
            throw InvalidText("the token in \(tokenFile) \(error)")
        }
        authorities = url.isSecure ? HSMWatchCore.TLSConfiguration(ca: ca) : nil
        if let authorities { try TLSFiles(authorities).check() }
        self.url = url
        // Graylog takes a token for a user whose password is this word.
        authorization = "Basic " + Data("\(token):token".utf8).base64EncodedString()
    }
}
