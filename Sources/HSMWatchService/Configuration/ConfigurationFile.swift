// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The configuration as a file.
package enum ConfigurationFile {
    /// Where `hsmwatch` looks when the command line names no file.
    package static let defaultPath = "/etc/hsmwatch/hsmwatch.yaml"
    /// Bytes; a configuration of 10,000 HSMs with every key written takes a third of it.
    static let sizeLimit = 16 << 20
    /// U+FEFF in UTF-8, which some editors put at the start of a text.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The place of a problem with the file as a whole.
    private static let start = Mark(line: 1, column: 1)

    /// Reads and checks the file at `path`, blocking for as long as the disk takes.
    ///
    /// The problems, warnings included, are sorted by place. The configuration is nil if one of them is an error.
    ///
    /// - Parameters:
    ///   - checksFiles: whether the files that it names must be readable, here and now, for who needs them.
    ///   - acceptsExample: whether the addresses of the example pass, for commands that poll nothing and send nothing.
    ///     `check`, `run` and a reload leave it out, and so judge alike.
    package static func load(
        _ path: String, checksFiles: Bool = true, acceptsExample: Bool = false
    ) -> (configuration: Configuration?, problems: [ConfigurationProblem]) {
        let bytes: [UInt8]
        do {
            bytes = try RegularFile.read(path, limit: sizeLimit)
        } catch {
            let needed = "a readable file of at most \(SizeText.format(sizeLimit)), or another one with --config"
            let message = "the file cannot be read: \(error); needed: \(needed)"
            return (nil, [ConfigurationProblem(start, .error, message)])
        }
        return read(bytes, checksFiles: checksFiles, acceptsExample: acceptsExample)
    }

    /// Checks the file whose content is `bytes`.
    package static func read(
        _ bytes: some Collection<UInt8>, checksFiles: Bool = true, acceptsExample: Bool = false
    ) -> (configuration: Configuration?, problems: [ConfigurationProblem]) {
        do {
            let text = bytes.dropFirst(bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0)
            guard !text.starts(with: byteOrderMark) else {
                let message = "a second byte order mark (U+FEFF) begins the file; allowed: one at most"
                return (nil, [ConfigurationProblem(start, .error, message)])
            }
            guard let root = try YAMLComposer.compose(text) else {
                let message = "the file is empty; needed: at least hsms and outputs"
                return (nil, [ConfigurationProblem(start, .error, message)])
            }
            return ConfigurationReader.read(
                root, files: checksFiles ? .real : .none, acceptsExample: acceptsExample)
        } catch {
            return (nil, [error])
        }
    }
}
