// SPDX-License-Identifier: Apache-2.0

/// An environment variable in which systemd names the service's directories: a list, with colons between (systemd.exec(5)).
enum DirectoryList {
    /// The first directory; nil when the variable is not set, or names none.
    static func first(of variable: String?) -> String? {
        variable?.split(separator: ":").first.map(String.init)
    }
}
