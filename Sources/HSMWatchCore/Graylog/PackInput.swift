// SPDX-License-Identifier: Apache-2.0

/// An input of Graylog that an output of hsmwatch sends to, in a pack that is installed by hand.
struct PackInput: Hashable, Sendable {
    /// Whether and how the input speaks TLS.
    enum Security: Hashable, Sendable {
        case plain
        case tls(requiresCertificate: Bool)
    }

    /// Bytes of a message at most, Graylog's own default; hsmwatch's are far below.
    private static let longestMessage = 2_097_152
    /// Bytes that a compressed message may become, Graylog's own default; hsmwatch compresses nothing.
    private static let longestDecompressed = 8_388_608
    /// Bytes that the kernel keeps for a listening socket, Graylog's own defaults.
    private static let (streamBuffer, datagramBuffer) = (1_048_576, 262_144)
    /// Bytes of a request at most, Graylog's own default.
    private static let longestRequest = 65_536

    let kind: OutputKind
    let port: UInt16
    /// Every address of IPv4, or also of IPv6 where hsmwatch uses one.
    let bindAddress: String
    let security: Security
    /// Whether one HTTP request has several messages.
    let isBulk: Bool

    /// One for each type and port that the outputs send to, in their order.
    static func all(of outputs: [OutputConfiguration]) -> [PackInput] {
        outputs.compactMap(PackInput.init).reduce(into: []) { inputs, input in
            if !inputs.contains(where: { $0.kind == input.kind && $0.port == input.port }) { inputs.append(input) }
        }
    }

    private init?(_ output: OutputConfiguration) {
        guard let endpoint = output.endpoints.first else { return nil }
        kind = output.kind
        port = endpoint.port
        bindAddress = output.endpoints.contains { $0.host.contains(":") } ? "::" : "0.0.0.0"
        security = output.tls.map { .tls(requiresCertificate: $0.certificate != nil) } ?? .plain
        isBulk = output.http.isBulk
    }

    func entity(_ files: ContentPackOptions.InputTLS) -> PackEntity {
        PackEntity(
            kind: .input, id: PackIdentity.uuid(of: "input \(kind.rawValue) \(port)"),
            data: [
                "title": .wrapped("hsmwatch: \(kind.inputName), port \(port)"),
                "type": .wrapped(kind.inputClass),
                "global": .wrapped(true),
                "configuration": .object(listening + reading + (kind.isDatagram ? [] : transport(files))),
                "static_fields": [:],
                "extractors": [],
            ])
    }

    private var listening: [JSONTree.Member] {
        [
            .init("bind_address", .wrapped(bindAddress)),
            .init("port", .wrapped(Int(port))),
            .init("recv_buffer_size", .wrapped(kind.isDatagram ? Self.datagramBuffer : Self.streamBuffer)),
        ]
    }

    private var reading: [JSONTree.Member] {
        switch kind {
        case .gelfTCP: Self.frames(nulls: true) + [.init("decompress_size_limit", .wrapped(Self.longestDecompressed))]
        case .gelfUDP: [.init("decompress_size_limit", .wrapped(Self.longestDecompressed))]
        case .gelfHTTP:
            [
                .init("decompress_size_limit", .wrapped(Self.longestDecompressed)),
                .init("max_chunk_size", .wrapped(Self.longestRequest)),
            ] + (isBulk ? [.init("enable_bulk_receiving", .wrapped(true))] : [])
        case .syslogTCP: Self.frames(nulls: false) + Self.structuredData
        case .syslogUDP: Self.structuredData
        }
    }

    private static func frames(nulls: Bool) -> [JSONTree.Member] {
        [
            .init("tcp_keepalive", .wrapped(true)),
            .init("use_null_delimiter", .wrapped(nulls)),
            .init("max_message_size", .wrapped(longestMessage)),
        ]
    }

    /// A prefix before each field's name would make every alert mute, and the time of arrival is not that of the event.
    private static let structuredData: [JSONTree.Member] = [
        .init("expand_structured_data", .wrapped(false)),
        .init("allow_override_date", .wrapped(true)),
        .init("store_full_message", .wrapped(false)),
        .init("force_rdns", .wrapped(false)),
    ]

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

extension OutputKind {
    /// As Graylog's interface names such an input.
    var inputName: String {
        switch self {
        case .gelfTCP: "GELF TCP"
        case .gelfUDP: "GELF UDP"
        case .gelfHTTP: "GELF HTTP"
        case .syslogTCP: "Syslog TCP"
        case .syslogUDP: "Syslog UDP"
        }
    }

    /// The class of Graylog that takes such messages.
    fileprivate var inputClass: String {
        let name =
            switch self {
            case .gelfTCP: "gelf.tcp.GELFTCPInput"
            case .gelfUDP: "gelf.udp.GELFUDPInput"
            case .gelfHTTP: "gelf.http.GELFHttpInput"
            case .syslogTCP: "syslog.tcp.SyslogTCPInput"
            case .syslogUDP: "syslog.udp.SyslogUDPInput"
            }
        return "org.graylog2.inputs.\(name)"
    }
}
