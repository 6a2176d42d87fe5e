// SPDX-License-Identifier: Apache-2.0

/// The GELF TCP input that an output of hsmwatch sends to.
struct GELFInput: Hashable, Sendable {
    /// Whether and how the input speaks TLS.
    enum Security: Hashable, Sendable {
        case plain
        case tls(requiresCertificate: Bool)
    }

    /// Bytes of a message at most, Graylog's own default; hsmwatch's are far below.
    private static let longestMessage = 2_097_152
    private static let receiveBuffer = 1_048_576
    /// Bytes that a compressed message may become; hsmwatch compresses nothing.
    private static let longestDecompressed = 8_388_608

    /// What the input listens on: every address of IPv4, or also of IPv6 where hsmwatch uses one.
    let bindAddress: String
    let port: UInt16
    let security: Security

    /// Nil for an output of another type.
    init?(_ output: OutputConfiguration) {
        guard output.kind == .gelfTCP, let endpoint = output.endpoints.first else { return nil }
        bindAddress = output.endpoints.contains { $0.host.contains(":") } ? "::" : "0.0.0.0"
        port = endpoint.port
        security = output.tls.map { .tls(requiresCertificate: $0.certificate != nil) } ?? .plain
    }

    func entity(_ files: ContentPackOptions.InputTLS) -> PackEntity {
        PackEntity(
            kind: .input, id: PackIdentity.uuid(of: "input gelf tcp"),
            data: [
                "title": .wrapped("hsmwatch: GELF TCP, port \(port)"),
                "type": .wrapped("org.graylog2.inputs.gelf.tcp.GELFTCPInput"),
                "global": .wrapped(true),
                "configuration": .object(common + transport(files)),
                "static_fields": [:],
                "extractors": [],
            ])
    }

    private var common: [JSONTree.Member] {
        [
            .init("bind_address", .wrapped(bindAddress)),
            .init("port", .wrapped(Int(port))),
            .init("recv_buffer_size", .wrapped(Self.receiveBuffer)),
            .init("tcp_keepalive", .wrapped(true)),
            .init("use_null_delimiter", .wrapped(true)),
            .init("max_message_size", .wrapped(Self.longestMessage)),
            .init("decompress_size_limit", .wrapped(Self.longestDecompressed)),
        ]
    }

    private func transport(_ files: ContentPackOptions.InputTLS) -> [JSONTree.Member] {
        switch security {
        case .plain:
            return [.init("tls_enable", .wrapped(false))]
        case .tls(let requiresCertificate):
            let client: [JSONTree.Member] =
                requiresCertificate
                ? [
                    .init("tls_client_auth", .wrapped("required")),
                    .init("tls_client_auth_cert_file", .wrapped(files.clientAuthorities)),
                ] : []
            return [
                .init("tls_enable", .wrapped(true)),
                .init("tls_cert_file", .wrapped(files.certificate)),
                .init("tls_key_file", .wrapped(files.key)),
            ] + client
        }
    }
}
