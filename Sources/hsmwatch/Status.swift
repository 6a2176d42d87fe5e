// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Glibc
import HSMWatchCore
import HSMWatchService
import Synchronization
import UnixSignals

/// `hsmwatch status`: how the running service, its HSMs and its outputs are.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the running service how its HSMs and outputs are.",
        discussion: """
            Prints a table: for each HSM its state, how many sockets are available of how many, the latest readings, \
            the latency, since when the state lasts, and in how long nothing is left, if that is foreseen; the worst \
            first. Then the outputs.

            --watch redraws it every second until q is pressed; s n a l c e sort, r reverses, arrows and page keys \
            scroll. Without a terminal, on one that obeys no escape sequences (TERM is dumb, empty or unset), or with \
            NO_COLOR set, it prints one table after the other instead.

            Exits 0, or 69 when the service does not run or does not answer. Its socket may be used by root and by \
            the group that owns it.
            """
    )

    @Flag(help: "Redraw in place until q is pressed.")
    var watch = false

    @Flag(help: "Print the snapshot as the service gives it: one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("The service's socket.", valueName: "file"), completion: .file())
    var socket = StatusClient.defaultPath

    func validate() throws {
        if watch, json { throw ValidationError("'--watch' and '--json': one of the two.") }
    }

    func run() async throws {
        do {
            if json {
                return try StandardOutput.write(try await StatusClient.json(path: socket))
            }
            let snapshot = try await StatusClient.snapshot(path: socket)
            guard watch else { return try Self.print(snapshot) }
            if StandardOutput.isColoured, let screen = FullScreen(input: STDIN_FILENO, output: STDOUT_FILENO) {
                return await StatusWatch(socket: socket, screen: screen, first: snapshot).run()
            }
            try await repeatTables(first: snapshot)
        } catch let unavailable as StatusUnavailable {
            printToStandardError(unavailable.description)
            throw ExitCode(EX_UNAVAILABLE)
        }
    }

    /// The tables and their columns are in `Core/Display`.
    private static func print(_ snapshot: Snapshot) throws(StandardOutput.Failed) {
        let report = StatusReport(snapshot, columns: Terminal.columns(of: STDOUT_FILENO))
        for line in report.lines() {
            let text = line.text(isColoured: StandardOutput.isColoured)
            try StandardOutput.write(line: StandardOutput.drawn(text))
        }
    }

    /// One table after the other, for a file or a terminal that shall not be redrawn; ends when the service does.
    private func repeatTables(first: Snapshot) async throws {
        try Self.print(first)
        while true {
            try await Task.sleep(for: StatusWatch.interval)
            let next = try await StatusClient.snapshot(path: socket)
            try StandardOutput.write(line: "")
            try Self.print(next)
        }
    }
}

/// `hsmwatch status --watch`: asks again and again, and redraws whenever something is new: an answer, a key, a size.
struct StatusWatch {
    /// The distance of two questions.
    static let interval = Duration.seconds(1)
    /// How long an answer may take before it is told that there is none.
    private static let patience = Duration.seconds(3)
    /// Bytes that are read from the keyboard at once.
    private static let readLimit = 256
    /// Of a terminal that does not tell.
    private static let commonSize = StatusScreen.Size(rows: 24, columns: 80)

    private enum Event: Sendable {
        case answered(Snapshot)
        case failed(String)
        case typed([UInt8])
        case signalled(UnixSignal)
    }

    /// Whether the last answer was drawn: a terminal that stands still gets the present one when it goes on, not all
    /// those that came meanwhile.
    private final class Demand: Sendable {
        let isOpen = Atomic(true)
    }

    private let socket: String
    private let demand = Demand()
    private let screen: FullScreen
    private var snapshot: Snapshot
    private var answeredAt = Instant.now
    private var link = StatusScreen.Link.current
    private var view = StatusView()
    private var keys = KeyDecoder()

    init(socket: String, screen: FullScreen, first: Snapshot) {
        self.socket = socket
        self.screen = screen
        snapshot = first
    }

    /// Runs until `q`, Ctrl-C or a signal; the terminal is as it was then.
    consuming func run() async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigquit, .sigwinch, .sigcont)
        let (events, event) = AsyncStream.makeStream(of: Event.self)
        let keyboard = Self.keyboard(event)
        defer { keyboard.cancel() }
        let (socket, demand) = (socket, demand)
        var watch = self
        await withTaskGroup { group in
            group.addTask { for await signal in signals { event.yield(.signalled(signal)) } }
            group.addTask { await Self.ask(socket, event, demand) }
            watch.screen.enter()
            defer { watch.screen.leave() }
            watch.draw()
            for await event in events {
                guard watch.take(event) else { break }
            }
            group.cancelAll()
        }
    }

    /// Answers whether to go on.
    private mutating func take(_ event: Event) -> Bool {
        switch event {
        case .answered(let snapshot):
            self.snapshot = snapshot
            answeredAt = .now
            link = .current
        case .failed(let reason):
            link = .lost(reason, seconds: Int((.now - answeredAt).wholeSeconds))
        case .typed(let bytes):
            // The end of the input: the terminal is gone.
            guard !bytes.isEmpty else { return false }
            let shown = shown
            for key in keys.decode(bytes) where view.handle(key, page: shown.page, of: shown.rows) == .quit {
                return false
            }
        case .signalled(.sigwinch):
            break
        case .signalled(.sigcont):
            screen.enter()
        case .signalled:
            return false
        }
        defer { demand.isOpen.store(true, ordering: .relaxed) }
        return draw()
    }

    private var shown: StatusScreen {
        let size = Terminal.size(of: STDOUT_FILENO).map { StatusScreen.Size(rows: $0.rows, columns: $0.columns) }
        return StatusScreen(snapshot, link: link, size: size ?? Self.commonSize)
    }

    /// Answers whether anybody can see it.
    @discardableResult
    private mutating func draw() -> Bool {
        let shown = shown
        view.stay(within: shown.rows, page: shown.page)
        return (try? StandardOutput.write(Array(StandardOutput.drawn(shown.frame(view)).utf8))) != nil
    }

    private static func ask(_ socket: String, _ event: AsyncStream<Event>.Continuation, _ demand: Demand) async {
        while (try? await Task.sleep(for: interval)) != nil {
            guard demand.isOpen.exchange(false, ordering: .relaxed) else { continue }
            do {
                event.yield(.answered(try await StatusClient.snapshot(path: socket, within: patience)))
            } catch {
                event.yield(.failed(error.description))
            }
        }
    }

    /// What is typed, and nothing at the end.
    private static func keyboard(_ event: AsyncStream<Event>.Continuation) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(
            fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "hsmwatch.keyboard"))
        source.setEventHandler { @Sendable in
            var bytes = [UInt8](repeating: 0, count: readLimit)
            let count = read(STDIN_FILENO, &bytes, bytes.count)
            event.yield(.typed(Array(bytes.prefix(max(0, count)))))
        }
        source.activate()
        return source
    }
}
