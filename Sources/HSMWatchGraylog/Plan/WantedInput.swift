// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The input of Graylog that an output of hsmwatch sends to.
///
/// Names of settings are those of graylog2-server (`NettyTransport`, `AbstractTcpTransport`, `TcpTransport`,
/// `HttpTransport`, `GelfCodec`, `SyslogCodec`), labels those of its web interface, 5.2 to 7.1.
package struct WantedInput: Hashable, Sendable {
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
    /// Bytes of a request at most, Graylog's own default.
    private static let longestRequest = 65_536
    private static let everyIPv4Address = "0.0.0.0"
    /// Of IPv6, and of IPv4 with it.
    private static let everyAddress = "::"
    private static let loopbackNames: Set = ["localhost", "::1"]

    let kind: OutputKind
    package let port: UInt16
    /// What the input listens on: every address of IPv4, or also of IPv6 where hsmwatch uses one.
    private(set) var bindAddress: String
    /// Whether hsmwatch may reach it from another machine.
    private(set) var isRemote: Bool
    let security: Security
    /// Whether a request brings many messages.
    private(set) var isBulk: Bool
    let files: ContentPackOptions.InputTLS

    /// What one endpoint of an output needs.
    private init(_ output: OutputConfiguration, port: UInt16, _ files: ContentPackOptions.InputTLS) {
        kind = output.kind
        self.port = port
        let hosts = output.endpoints.filter { $0.port == port }.map(\.host)
        bindAddress = hosts.contains { $0.contains(":") } ? Self.everyAddress : Self.everyIPv4Address
        isRemote = hosts.contains { !Self.isLoopback($0) }
        security = output.tls.map { .tls(requiresCertificate: $0.certificate != nil) } ?? .plain
        isBulk = output.kind == .gelfHTTP && output.http.isBulk
        self.files = files
    }

    private static func isLoopback(_ host: String) -> Bool {
        loopbackNames.contains(host) || host.hasPrefix("127.")
    }

    /// One for each output and port that it sends to, in their order, where a port takes one: outputs whose needs go
    /// together share it.
    ///
    /// - Returns: the inputs, and what is wrong when outputs need one port for different things: the first one has it.
    static func each(
        of configurations: [Configuration], _ files: ContentPackOptions.InputTLS
    ) -> (inputs: [WantedInput], conflicts: [String]) {
        var (inputs, conflicts): ([WantedInput], [String]) = ([], [])
        let wanted = configurations.flatMap(\.outputs).flatMap { output in
            output.endpoints.map { WantedInput(output, port: $0.port, files) }
        }
        for input in wanted {
            guard let index = inputs.firstIndex(where: { $0.place == input.place }) else {
                inputs.append(input)
                continue
            }
            let other = inputs[index]
            if let both = other.shared(with: input) {
                inputs[index] = both
                continue
            }
            let conflict =
                "the outputs need two different inputs on port \(input.place) of one Graylog (\(other.name) and "
                + "\(input.name), or one with other settings): name the outputs of this Graylog with --output"
            if !conflicts.contains(conflict) { conflicts.append(conflict) }
        }
        return (inputs, conflicts)
    }

    /// An input that does what both need; nil when there is none.
    private func shared(with other: WantedInput) -> WantedInput? {
        guard kind == other.kind, port == other.port, security == other.security, files == other.files else {
            return nil
        }
        var both = self
        if other.bindAddress == Self.everyAddress { both.bindAddress = Self.everyAddress }
        both.isRemote = isRemote || other.isRemote
        // It takes single messages as well.
        both.isBulk = isBulk || other.isBulk
        return both
    }

    /// The same.
    ///
    /// - Throws: that two outputs need one port for different things.
    package static func all(
        for configurations: [Configuration], _ files: ContentPackOptions.InputTLS
    ) throws(GraylogProblem) -> [WantedInput] {
        let (inputs, conflicts) = each(of: configurations, files)
        if let conflict = conflicts.first { throw GraylogProblem(conflict) }
        return inputs
    }

    /// What it listens on, and what takes one input: `12201/TCP`
    private var place: String { "\(port)/\(kind.isDatagram ? "UDP" : "TCP")" }

    /// The class that implements it in Graylog.
    package var type: String { Self.type(of: kind) }

    /// What Graylog's web interface calls the type.
    package var name: String { Self.name(of: kind) }

    /// By which it is known as made by hsmwatch.
    package var title: String { Self.title(kind, port: Int(port)) }

    package var quotedTitle: String { title.quoted }

    /// Whether hsmwatch has made an input: the title says so.
    package static func isOwn(_ input: PackPresence.Input) -> Bool {
        guard let kind = OutputKind.allCases.first(where: { type(of: $0) == input.type }), let port = input.port else {
            return false
        }
        return input.title == title(kind, port: port)
    }

    private static func title(_ kind: OutputKind, port: Int) -> String {
        "hsmwatch: \(name(of: kind)), port \(port)"
    }

    private static func name(of kind: OutputKind) -> String {
        switch kind {
        case .gelfTCP: "GELF TCP"
        case .gelfUDP: "GELF UDP"
        case .gelfHTTP: "GELF HTTP"
        case .syslogTCP: "Syslog TCP"
        case .syslogUDP: "Syslog UDP"
        }
    }

    private static func type(of kind: OutputKind) -> String {
        switch kind {
        case .gelfTCP: "org.graylog2.inputs.gelf.tcp.GELFTCPInput"
        case .gelfUDP: "org.graylog2.inputs.gelf.udp.GELFUDPInput"
        case .gelfHTTP: "org.graylog2.inputs.gelf.http.GELFHttpInput"
        case .syslogTCP: "org.graylog2.inputs.syslog.tcp.SyslogTCPInput"
        case .syslogUDP: "org.graylog2.inputs.syslog.udp.SyslogUDPInput"
        }
    }

    /// What a person should know of it before it is made.
    package var notes: [String] {
        guard case .tls(let requiresCertificate) = security else { return [] }
        let client =
            requiresCertificate ? ", and the authorities of hsmwatch's certificate from \(files.clientAuthorities)" : ""
        return [
            "Graylog takes the certificate of the input \(title.quoted) from \(files.certificate) and its key from "
                + "\(files.key)\(client), files on the Graylog server; without the certificate and the key it makes a "
                + "certificate of its own, which hsmwatch refuses"
        ]
    }

    // MARK: Settings

    /// All that a new input gets, and that an existing one may lack.
    var settings: [InputSetting] {
        let listening: [InputSetting] = [
            .init(
                "bind_address", "Bind address", .string(bindAddress), standard: .string(Self.everyIPv4Address),
                need: .other(than: unreached.map(JSONTree.string))),
            .init("port", "Port", .integer(Int(port)), standard: 0),
            .init("recv_buffer_size", "Receive Buffer Size", .integer(Self.receiveBuffer), standard: 262_144),
        ]
        return listening + (kind.isDatagram ? [] : transport) + format
    }

    /// Addresses at which hsmwatch does not reach an input.
    private var unreached: [String] {
        (isRemote ? ["127.0.0.1"] + Self.loopbackNames.sorted() : [])
            + (bindAddress == Self.everyAddress ? [Self.everyIPv4Address] : [])
    }

    private var transport: [InputSetting] {
        let keepalive = InputSetting("tcp_keepalive", "TCP keepalive", true, standard: false)
        let isSecure = security != .plain
        let tls = InputSetting(
            "tls_enable", "Enable TLS", .boolean(isSecure), standard: false, need: .same,
            consequence: "nothing that hsmwatch sends arrives")
        guard isSecure else { return [keepalive, tls] }
        let files: [InputSetting] = [
            file("tls_cert_file", "TLS cert file", files.certificate),
            file("tls_key_file", "TLS private key file", files.key),
        ]
        return [keepalive, tls] + files + clientAuthentication
    }

    private func file(_ name: String, _ label: String, _ path: String) -> InputSetting {
        InputSetting(
            name, label, .string(path), standard: "", need: .other(than: [""]),
            consequence: "Graylog makes a certificate of its own, which hsmwatch refuses", isFile: true)
    }

    private var clientAuthentication: [InputSetting] {
        let label = "TLS client authentication"
        guard case .tls(requiresCertificate: true) = security else {
            return [
                .init(
                    "tls_client_auth", label, "disabled", standard: "disabled", need: .other(than: ["required"]),
                    consequence: "Graylog refuses hsmwatch, which has no certificate")
            ]
        }
        return [
            .init("tls_client_auth", label, "required", standard: "disabled"),
            .init(
                "tls_client_auth_cert_file", "TLS Client Auth Trusted Certs", .string(files.clientAuthorities),
                standard: ""),
        ]
    }

    private var format: [InputSetting] {
        let decompression = InputSetting(
            "decompress_size_limit", "Decompressed size limit", .integer(Self.longestDecompressed),
            standard: .integer(Self.longestDecompressed))
        let size = InputSetting(
            "max_message_size", "Maximum message size", .integer(Self.longestMessage),
            standard: .integer(Self.longestMessage))
        // Graylog ends a GELF message by NUL whatever this says.
        let delimiter = InputSetting("use_null_delimiter", "Null frame delimiter?", true, standard: true)
        switch kind {
        case .gelfTCP: return [delimiter, size, decompression]
        case .gelfUDP: return [decompression]
        case .gelfHTTP:
            return [
                .init(
                    "enable_bulk_receiving", "Enable Bulk Receiving", .boolean(isBulk), standard: false,
                    need: isBulk ? .same : .none, consequence: "of a request with many messages Graylog takes one"),
                decompression,
                .init(
                    "max_chunk_size", "Max. HTTP chunk size", .integer(Self.longestRequest),
                    standard: .integer(Self.longestRequest)),
            ]
        case .syslogTCP:
            return [.init("use_null_delimiter", "Null frame delimiter?", false, standard: false), size] + syslog
        case .syslogUDP: return syslog
        }
    }

    private var syslog: [InputSetting] {
        [
            .init(
                "expand_structured_data", "Expand structured data?", false, standard: false,
                need: .other(than: [true]), consequence: "every field gets a prefix, and every alert is mute"),
            .init("allow_override_date", "Allow overriding date?", true, standard: true, need: .same),
            .init("store_full_message", "Store full message?", false, standard: false),
            .init("force_rdns", "Force rDNS?", false, standard: false),
        ]
    }

    /// What only an existing input may have.
    private static let source = InputSetting(
        "override_source", "Override source", nil, standard: "", need: .blank,
        consequence: "every message has that source, and hsmwatch counts as silent")

    /// The settings that an existing input must change for hsmwatch, with what it has.
    func differences(in input: PackPresence.Input) -> [(setting: InputSetting, present: JSONTree)] {
        (settings + [Self.source]).compactMap { setting in setting.difference(in: input).map { (setting, $0) } }
    }

    /// Whether an input has all that hsmwatch needs.
    package func isMet(by input: PackPresence.Input) -> Bool {
        differences(in: input).isEmpty
    }

    // MARK: JSON

    /// It as a part of a content pack.
    var entity: PackEntity {
        PackEntity(
            kind: .input, id: PackIdentity.uuid(of: "input \(kind.rawValue) \(port)"),
            data: [
                "title": .wrapped(title),
                "type": .wrapped(type),
                "global": .wrapped(true),
                "configuration": .object(settings.map { .init($0.name, $0.value.wrapped) }),
                "static_fields": [:],
                "extractors": [],
            ])
    }

    /// The body of a request that makes it.
    var body: String {
        Self.body(title: title, type: type, node: nil, settings.map { .init($0.name, $0.value) })
    }

    /// The body of a request that gives an input what it lacks, and leaves the rest: Graylog replaces all settings.
    func body(changing input: PackPresence.Input) -> String {
        let changes = differences(in: input).map(\.setting)
        let kept = input.attributes.filter { member in !changes.contains { $0.name == member.name } }
            .compactMap(Self.unmasked)
        return Self.body(
            title: input.title, type: input.type, node: input.node,
            kept + changes.filter { $0.value != .null }.map { .init($0.name, $0.value) })
    }

    /// Graylog shows of a password only whether it is set, and keeps it when asked to.
    private static func unmasked(_ member: JSONTree.Member) -> JSONTree.Member? {
        guard case .object(let parts) = member.value else { return member }
        guard parts.contains(where: { $0.name == "is_set" && $0.value == true }) else { return nil }
        return .init(member.name, ["keep_value": true])
    }

    private static func body(title: String, type: String, node: String?, _ settings: [JSONTree.Member]) -> String {
        let tree: JSONTree = [
            "title": .string(title), "type": .string(type), "global": .boolean(node == nil),
            "node": node.map(JSONTree.string) ?? .null, "configuration": .object(settings),
        ]
        return tree.text
    }
}
