// SPDX-License-Identifier: Apache-2.0

/// Which HSM a command line means: one at an address, or one of the configuration.
package enum HSMTarget: Hashable, Sendable {
    case address(HostPort)
    case name(String)

    /// A colon makes it an address: no name has one.
    package init(parsing text: String) throws(InvalidText) {
        self = text.contains(":") ? .address(try HostPort(destination: text)) : .name(try NameText.check(text))
    }
}

extension Configuration {
    /// Names that are listed for somebody who names an HSM that is not there.
    private static let listedNames = 8

    /// The HSM that is called so.
    package func hsm(named name: String) throws(InvalidText) -> HSMConfiguration {
        if let hsm = hsms.first(where: { $0.name == name }) { return hsm }
        let names = hsms.map(\.name)
        let more = names.count > Self.listedNames ? " and \(names.count - Self.listedNames) more" : ""
        throw InvalidText(
            "there is no HSM \(name.quoted)\(NearestName.hint(name, among: names)) "
                + "(allowed: \(names.prefix(Self.listedNames).joined(separator: ", "))\(more); "
                + "or an address with its port, such as \(name):9010)")
    }
}
