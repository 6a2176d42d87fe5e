// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import HSMWatchCore
import NIOCore

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

/// Reads the configuration file for a running service: not on its loop, since thousands of HSMs take a while and are
/// polled meanwhile, and not forever, since a disk on the network may hang.
@ServiceLoop
final class ConfigurationLoader {
    typealias Loaded = (configuration: Configuration?, problems: [ConfigurationProblem])

    /// How long the file may take.
    nonisolated static let timeout = Duration.seconds(30)

    private let file: String
    private let read: @Sendable (String) -> Loaded
    /// One read at a time: a file that hangs takes one thread, however often it is asked for.
    private let queue = DispatchQueue(label: "hsmwatch.configuration")
    /// The waiting reader of the last read, and the timer that gives it up.
    private var waiting: (number: Int, timer: DelayedWork, take: (Loaded) -> Void)?
    private var begun = 0

    /// - Parameters:
    ///   - file: the path of the configuration file.
    ///   - read: what may block.
    init(
        file: String,
        read: @escaping @Sendable (String) -> Loaded = { ConfigurationFile.load($0) }
    ) {
        self.file = file
        self.read = read
    }

    /// Reads and checks the file. `take` is called once: with what came of it, or with a problem when that takes too
    /// long. What comes later is dropped.
    ///
    /// - Parameter limit: a constant to all but a test.
    func load(within limit: Duration = ConfigurationLoader.timeout, then take: @escaping (Loaded) -> Void) {
        begun += 1
        let number = begun
        let timer = ServiceLoop.after(limit) { [weak self] in
            let message =
                "the file cannot be read: no answer within \(DurationText.format(limit)); needed: a disk that answers"
            self?.finish(number, (nil, [ConfigurationProblem(Mark(line: 1, column: 1), .error, message)]))
        }
        waiting?.timer.cancel()
        waiting = (number, timer, take)
        queue.async { [file, read, weak self] in
            let loaded = read(file)
            Task { @ServiceLoop in self?.finish(number, loaded) }
        }
    }

    private func finish(_ number: Int, _ loaded: Loaded) {
        guard let waiting, waiting.number == number else { return }
        waiting.timer.cancel()
        self.waiting = nil
        waiting.take(loaded)
    }
}

/// Reads small files as a whole.
enum RegularFile {
    /// The bytes of the file at `path`, of which `limit` are allowed; the error says why it cannot be read.
    static func read(_ path: String, limit: Int) throws(InvalidText) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw InvalidText(lastError)
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw InvalidText("it is larger than \(SizeText.format(limit))")
            }
        }
    }

    /// Why this process cannot read the file at `path`; nil when it can.
    static func unreadability(_ path: String) -> String? {
        do {
            close(try open(path))
            return nil
        } catch {
            return error.description
        }
    }

    /// The permissions of the file at `path`; nil when they are not known.
    static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// A descriptor of the file at `path`, which the caller closes.
    private static func open(_ path: String) throws(InvalidText) -> CInt {
        // Without O_NONBLOCK a named pipe would be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw InvalidText(lastError) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw InvalidText(status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is not a regular file")
        }
        return descriptor
    }

    private static var lastError: String {
        String(cString: strerror(errno))
    }
}

/// This machine's name, the GELF `host` of messages when the configuration gives no `source`.
package enum MachineName {
    /// What stands in on a machine without a name: Graylog drops a message whose host is blank.
    private static let nameless = "localhost"

    /// The kernel's host name (`uname(2)`), which no name server is asked for.
    package static var current: String {
        var names = utsname()
        guard uname(&names) == 0 else { return nameless }
        return withUnsafeBytes(of: names.nodename) { name(in: $0) }
    }

    /// The name in a buffer, up to its NUL or its end. Linux allows 64 bytes of any value.
    package static func name(in buffer: some Sequence<UInt8>) -> String {
        let name = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
        return name.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? nameless : VisibleText.shown(name)
    }
}
