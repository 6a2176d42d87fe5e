// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import NIOCore

/// What an output's connections need for TLS: read from its files off the event loop, and again when they have changed.
@ServiceLoop
final class TLSCredentials {
    /// Where the files are read: those of another output may hang.
    private let queue = DispatchQueue(label: "hsmwatch.tls")

    /// What names the authorities that are trusted, for messages.
    nonisolated let authoritiesSetting: String
    private let files: TLSFiles
    private let serverName: String?
    private var known: TLSFiles.Material?

    /// - Parameter authoritiesSetting: where an administrator says whom to trust.
    init(_ configuration: HSMWatchCore.TLSConfiguration, authoritiesSetting: String = "tls.ca") {
        self.authoritiesSetting = authoritiesSetting
        files = TLSFiles(configuration)
        serverName = configuration.serverName
    }

    /// Of our own certificate, as it was last read.
    var ownTerm: CertificateTerm? { known?.ownTerm }

    /// What the peer's certificate must carry.
    func identity(at endpoint: HostPort) -> PeerIdentity {
        if let serverName { return .name(serverName) }
        return IPAddress(host: endpoint.host).map { .address($0.bytes) } ?? .name(HostText.withoutRoot(endpoint.host))
    }

    /// Answers on the event loop, never at once, what is in the files now; or why that cannot be used.
    func load(then answer: @escaping (Result<TLSFiles.Material, InvalidText>) -> Void) {
        let loop = ServiceLoop.shared.eventLoop
        let box = NIOLoopBound(answer, eventLoop: loop)
        let (files, knownVersion) = (files, known?.version)
        queue.async {
            let loaded: Result<TLSFiles.Material, InvalidText>? =
                files.version == knownVersion ? nil : Self.load(files)
            Task { @ServiceLoop in
                if case .success(let material)? = loaded { self.known = material }
                switch (loaded, self.known) {
                case (.failure(let problem)?, _): box.value(.failure(problem))
                case (_, let known?): box.value(.success(known))
                case (_, nil): box.value(.failure(InvalidText("no TLS files")))
                }
            }
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
