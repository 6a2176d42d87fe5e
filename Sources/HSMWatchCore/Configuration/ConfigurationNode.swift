// SPDX-License-Identifier: Apache-2.0

/// A configuration file's syntax tree: what was written and where, before anything is understood.
///
/// It keeps duplicate keys, so that they can be reported like every other problem.
package enum ConfigurationNode: Sendable {
    case scalar(Scalar)
    case sequence([ConfigurationNode], Mark)
    case mapping([Pair], Mark)

    /// One value; always text, whatever it looks like.
    package struct Scalar: Sendable {
        package var text: String
        /// Written without quotes.
        package var isPlain: Bool
        package var mark: Mark

        package init(text: String, isPlain: Bool, mark: Mark) {
            self.text = text
            self.isPlain = isPlain
            self.mark = mark
        }

        /// Whether this is YAML's way to write nothing.
        var isNull: Bool {
            isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
        }
    }

    /// A key with its value, in file order.
    package struct Pair: Sendable {
        package var key: ConfigurationNode
        package var value: ConfigurationNode

        package init(key: ConfigurationNode, value: ConfigurationNode) {
            self.key = key
            self.value = value
        }
    }

    /// Where the node starts.
    package var mark: Mark {
        switch self {
        case .scalar(let scalar): scalar.mark
        case .sequence(_, let mark), .mapping(_, let mark): mark
        }
    }

    /// The node's type in the words of a message.
    var typeName: String {
        switch self {
        case .scalar(let scalar): scalar.isNull ? "nothing" : scalar.text.quoted
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
