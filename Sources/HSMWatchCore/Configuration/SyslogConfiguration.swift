// SPDX-License-Identifier: Apache-2.0

/// What an output's syslog messages say of their sender, and how they are written.
package struct SyslogConfiguration: Equatable, Sendable {
    package var format: SyslogFormat
    package var facility: SyslogFacility
    /// APP-NAME, and the tag of the old form; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.appNameLength` characters.
    package var appName: String

    /// What the file gives when it says nothing; `local7` is what the script's rsyslog used.
    package init(
        format: SyslogFormat = .rfc5424, facility: SyslogFacility = .local7, appName: String = "hsmwatch"
    ) {
        self.format = format
        self.facility = facility
        self.appName = appName
    }
}
