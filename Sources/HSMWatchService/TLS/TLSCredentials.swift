// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// What an output's connections need for TLS: read from its files off the event loop, and again when they have changed.
///
/// What was read once stays in use as long as a changed file cannot be used.
@ServiceLoop
final class TLSCredentials {
    /// Where the files are read: those of another output may hang.
    private let queue = DispatchQueue(label: "hsmwatch.tls")

    /// What names the authorities that are trusted, for messages.
    private let authoritiesSetting: String
    private let files: TLSFiles
    private let isSystemTrusted: Bool
    private let serverName: String?
    private let rejected: (String) -> Void
    private var known: TLSFiles.Material?
    /// Why the files that are there now cannot be used, though others were before.
    private var rejection: InvalidText?

    /// - Parameters:
    ///   - authoritiesSetting: where an administrator says whom to trust.
    ///   - rejected: called once for each reason why changed files cannot be used. The old ones stay in use.
    init(
        _ configuration: HSMWatchCore.TLSConfiguration, authoritiesSetting: String = "tls.ca",
        rejected: @escaping (String) -> Void = { _ in }
    ) {
        self.authoritiesSetting = authoritiesSetting
        self.rejected = rejected
        files = TLSFiles(configuration)
        isSystemTrusted = configuration.ca == nil
        serverName = configuration.serverName
    }

    /// Of our own certificate, as it was last read.
    var ownTerm: CertificateTerm? { known?.ownTerm }

    /// What the peer's certificate must carry.
    func identity(at endpoint: HostPort) -> PeerIdentity {
        if let serverName { return .name(serverName) }
        return IPAddress(host: endpoint.host).map { .address($0.bytes) } ?? .name(HostText.withoutRoot(endpoint.host))
    }

    /// Answers on the event loop, never at once, what is in the files now, or what was there before if that cannot be
    /// used; or why nothing can.
    func load(then answer: @escaping (Result<TLSFiles.Material, InvalidText>) -> Void) {
        let loop = ServiceLoop.shared.eventLoop
        let box = NIOLoopBound(answer, eventLoop: loop)
        let (files, knownVersion) = (files, known?.version)
        queue.async {
            let loaded: Result<TLSFiles.Material, InvalidText>? =
                files.version == knownVersion ? nil : Self.load(files)
            Task { @ServiceLoop in box.value(self.take(loaded)) }
        }
    }

    /// - Parameter loaded: nil when the files are those that are known.
    private func take(
        _ loaded: Result<TLSFiles.Material, InvalidText>?
    ) -> Result<TLSFiles.Material, InvalidText> {
        switch (loaded, known) {
        case (.success(let material)?, _):
            known = material
            rejection = nil
            return .success(material)
        case (.failure(let problem)?, let known?):
            if problem != rejection { rejected(problem.description) }
            rejection = problem
            return .success(known)
        case (nil, let known?):
            rejection = nil
            return .success(known)
        case (.failure(let problem)?, nil):
            return .failure(problem)
        case (nil, nil):
            return .failure(InvalidText("no TLS files"))
        }
    }

    /// Answers on the event loop why the TLS library rejects a chain, in words that follow the endpoint's name.
    func explainRejection(of chain: [CertificateFacts], then answer: @escaping (String) -> Void) {
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        let (set, setting, isSystem) = (known?.authorities, authoritiesSetting, isSystemTrusted)
        queue.async {
            let diagnosis = ChainDiagnosis(
                chain: chain, authorities: isSystem ? SystemAuthorities.read() : set, setting: setting,
                isSystem: isSystem)
            let reason = diagnosis.reason(at: .now)
            Task { @ServiceLoop in box.value(reason) }
        }
    }

    private nonisolated static func load(_ files: TLSFiles) -> Result<TLSFiles.Material, InvalidText> {
        do {
            return .success(try files.load())
        } catch {
            return .failure(error)
        }
    }
}
