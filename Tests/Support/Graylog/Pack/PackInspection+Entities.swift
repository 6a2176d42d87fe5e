// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackInspection {
    /// The classes of inputs that are known here. Each needs an address and a port, and defaults the rest.
    private static let inputs: Set = [
        "org.graylog2.inputs.gelf.tcp.GELFTCPInput", "org.graylog2.inputs.gelf.udp.GELFUDPInput",
        "org.graylog2.inputs.gelf.http.GELFHttpInput", "org.graylog2.inputs.syslog.tcp.SyslogTCPInput",
        "org.graylog2.inputs.syslog.udp.SyslogUDPInput",
    ]

    /// Source: `InputFacade.decode`, `ConfigurationRequest.check`, `NettyTransport.Config`.
    mutating func checkInput(_ data: JSONValue, _ path: String) {
        if let type = data["type"]?["@value"]?.string, !Self.inputs.contains(type) {
            report("\(path).type", "no known class of inputs: \(type)", .breaksInstallation)
        }
        let configuration = data["configuration"] ?? .null
        checkConfigured(configuration, "bind_address", .string, "\(path).configuration")
        checkConfigured(configuration, "port", .integer, "\(path).configuration")
        if configuration["expand_structured_data"]?["@value"] == true {
            report(
                "\(path).configuration.expand_structured_data",
                "every field gets a prefix, and no rule or alert finds it by its name")
        }
        if let port = configuration["port"]?["@value"]?.integer, !(1...65535).contains(port) {
            report("\(path).configuration.port", "\(port) is no port")
        }
        for name in data["static_fields"]?.names ?? [] where !Self.isFieldName(name) {
            report("\(path).static_fields.\(name)", "no name of a field", .breaksInstallation)
        }
    }

    private mutating func checkConfigured(
        _ configuration: JSONValue, _ name: String, _ type: WrappedType, _ path: String
    ) {
        guard let value = configuration[name] else {
            return report("\(path).\(name)", "is missing", .breaksInstallation)
        }
        let wrapped = value["@type"]?.string?.lowercased() ?? ""
        let actual = wrapped == "parameter" ? parameters[value["@value"]?.string ?? ""] ?? "" : wrapped
        if actual != type.rawValue {
            report("\(path).\(name)", "@type is \(actual), not \(type.rawValue)", .breaksInstallation)
        }
    }

    /// Source: `StreamFacade.decode`, `StreamRuleType`, and issue 24154 for the id.
    mutating func checkStream(_ data: JSONValue, id: String, _ path: String) {
        if !(id.count == 24 && id.allSatisfy(\.isHexDigit)) {
            report(
                path.replacing(".data", with: ".id"), "an id of 24 hexadecimal digits is expected",
                version.needsObjectIDs ? .breaksInstallation : .misleads)
        }
        checkWord(data["matching_type"], ["AND", "OR"], "\(path).matching_type")
        let rules = data["stream_rules"]?.elements ?? []
        if rules.isEmpty { report("\(path).stream_rules", "a stream without rules takes no message") }
        for (index, rule) in rules.enumerated() {
            let path = "\(path).stream_rules[\(index)]"
            checkWord(
                rule["type"],
                [
                    "EXACT", "REGEX", "GREATER", "SMALLER", "PRESENCE", "CONTAINS", "ALWAYS_MATCH", "MATCH_INPUT",
                ], "\(path).type")
            if rule["type"]?["@value"] == "MATCH_INPUT" {
                report("\(path).type", "the id of an input is another one on every server")
            }
        }
    }

    /// Source: `EmailEventNotificationConfigEntity`, `HttpEventNotificationConfigV2Entity`.
    mutating func checkNotification(_ config: JSONValue, _ path: String) {
        switch config["type"]?.string {
        case "email-notification-v1":
            let recipients = ["email_recipients", "user_recipients"].flatMap { config[$0]?.elements ?? [] }
            let looksUp = config["lookup_recipient_emails"]?["@value"] == true
            if recipients.isEmpty, !looksUp { report("\(path).email_recipients", "nobody gets the mail") }
        case "http-notification-v1": checkURL(config["url"], "\(path).url")
        case "http-notification-v2":
            checkURL(config["url"], "\(path).url")
            checkWord(config["method"], ["POST", "PUT", "GET"], "\(path).method")
            checkWord(config["content_type"], ["JSON", "FORM_DATA", "PLAIN_TEXT"], "\(path).content_type")
        default: break
        }
    }

    /// What a notification's texts say of an event's fields must be in one of the events that it tells of.
    ///
    /// Source: `EventNotificationModelData`; JMTE's expressions begin with `${` and end with `}`.
    mutating func checkTexts(of entity: JSONValue, _ path: String, _ contents: PackContents) {
        let fields = contents.eventFields(notifying: entity["id"]?.string ?? "")
        for name in ["subject", "body_template", "html_body_template"] {
            guard let text = entity["data"]?["config"]?[name]?["@value"]?.string else { continue }
            do throws(TextTemplate.Problem) {
                _ = try TextTemplate(text)
            } catch {
                report("\(path).\(name)", error.description)
                continue
            }
            let parts = text.split(separator: "${", omittingEmptySubsequences: false).dropFirst()
            for part in parts {
                guard let close = part.firstIndex(of: "}") else { continue }
                for word in part[..<close].split(whereSeparator: { " ,()!=".contains($0) }) {
                    guard word.hasPrefix("event.fields.") else { continue }
                    let field = word.dropFirst("event.fields.".count).prefix { $0 != "." && $0 != ";" }
                    if !fields.contains(String(field)) {
                        report("\(path).\(name)", "no event that it tells of has the field \(field)")
                    }
                }
            }
        }
    }

    private mutating func checkURL(_ value: JSONValue?, _ path: String) {
        guard value?["@type"]?.string?.lowercased() == "string", let url = value?["@value"]?.string else { return }
        if !url.hasPrefix("http://"), !url.hasPrefix("https://") { report(path, "no URL of HTTP: \(url)") }
    }

    /// A wrapped value that is the name of an enumeration's case.
    private mutating func checkWord(_ value: JSONValue?, _ words: [String], _ path: String) {
        guard value?["@type"]?.string?.lowercased() == "string", let word = value?["@value"]?.string else { return }
        guard !words.contains(word) else { return }
        report(path, "one of \(words.joined(separator: ", ")) is expected, not \(word)", .breaksInstallation)
    }

    /// Whether Graylog keeps a message's field of that name.
    ///
    /// Source: `Message.validKey`.
    static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".@_-".utf8.contains(byte)
            }
    }
}
