// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import HSMWatchCore
import HSMWatchService
import Synchronization
import UnixSignals

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

    /// Whether the last answer was drawn: a terminal that stands still gets the present one when it goes on, not all those
    /// that came meanwhile.
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
