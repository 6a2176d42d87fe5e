// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix

/// A listener that answers what it gets with bytes of a seed, whatever it was asked.
package final class HostilePeer: Sendable {
    /// When it speaks.
    package enum Habit: Sendable {
        /// Answers every read, and ends a connection only when the client has.
        case answers
        /// Answers the first read, and closes.
        case answersOnce
        /// Speaks first, and closes.
        case greets
        /// Answers the first read, and then repeats one byte for as long as somebody takes it.
        case floods(UInt8)
    }

    /// Bytes after which a flood is ended from here: more than the kernel holds for a peer that does not read, 36 MiB.
    package static let floodLimit = 128 << 20
    /// Bytes of a flood that are written at once.
    private static let wave = 256 << 10

    /// Bytes in the notation of everybody who is spoken with here, commands of a terminal, and forged lines.
    private static let words: [[UInt8]] = [
        "<", ">", "#", "<2223#", "50#64#", "<00#22", "#>", "HTTP/1.1 500 ", "HTTP/1.1 ", "Content-Length: 5", "\r\n",
        "\r\n\r\n", "\n", "\u{1B}[2J", "\u{1B}]0;forged\u{7}", "\nforged: all is well\n", "\u{202E}", "\u{2028}",
        "\u{9B}31m",
        "{\"version\":1,\"hsms\":[", "}", "\0",
    ].map { Array($0.utf8) }

    package let listener: any Channel
    /// How many bytes of each flood were taken, once it is over.
    package let floods: AsyncStream<Int>

    private init(_ listener: any Channel, floods: AsyncStream<Int>) {
        self.listener = listener
        self.floods = floods
    }

    package var address: HostPort {
        HostPort(host: "127.0.0.1", port: UInt16(clamping: listener.localAddress?.port ?? 0))
    }

    /// Listens on the loopback, or on a Unix socket.
    package static func start(_ habit: Habit, atSocket path: String? = nil, says bytes: [UInt8]) async throws
        -> HostilePeer
    {
        let (floods, continuation) = AsyncStream.makeStream(of: Int.self)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Client(habit, bytes, floods: continuation))
                }
            }
        let listener =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        return HostilePeer(listener, floods: floods)
    }

    /// Waits for the end of a flood: how many bytes of it were taken.
    package func flooded() async -> Int? {
        await floods.first { _ in true }
    }

    package func stop() async throws {
        try await listener.close()
    }

    /// Words and arbitrary bytes of a seed, never `202`, by which Graylog's answer would be a good one.
    package static func bytes(seed: UInt64) -> [UInt8] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<Int.random(in: 1...40, using: &numbers)).flatMap { _ -> [UInt8] in
            if Bool.random(using: &numbers) { return words.randomElement(using: &numbers) ?? [] }
            return (0..<Int.random(in: 0...30, using: &numbers)).map { _ in .random(in: 0x80...0xFF, using: &numbers) }
        }
    }

    private final class Client: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let habit: Habit
        private let bytes: [UInt8]
        private let floods: AsyncStream<Int>.Continuation
        private var isFlooding = false
        private var taken = 0

        init(_ habit: Habit, _ bytes: [UInt8], floods: AsyncStream<Int>.Continuation) {
            self.habit = habit
            self.bytes = bytes
            self.floods = floods
        }

        func channelActive(context: ChannelHandlerContext) {
            if case .greets = habit { speak(context, closes: true) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch habit {
            case .answers: speak(context, closes: false)
            case .answersOnce: speak(context, closes: true)
            case .greets: break
            case .floods(let byte):
                guard !isFlooding else { return }
                isFlooding = true
                speak(context, closes: false)
                flood(context.channel, ByteBuffer(repeating: byte, count: HostilePeer.wave))
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func speak(_ context: ChannelHandlerContext, closes: Bool) {
            let channel = context.channel
            let written = channel.writeAndFlush(ByteBuffer(bytes: bytes))
            if closes { written.whenComplete { _ in channel.close(promise: nil) } }
        }

        private func flood(_ channel: any Channel, _ wave: ByteBuffer) {
            channel.writeAndFlush(wave).assumeIsolated().whenComplete { result in
                if case .success = result { self.taken += wave.readableBytes }
                guard case .success = result, self.taken < HostilePeer.floodLimit else {
                    channel.close(promise: nil)
                    self.floods.yield(self.taken)
                    return
                }
                // Not from inside: a write may be over at once.
                channel.eventLoop.assumeIsolated().execute { self.flood(channel, wave) }
            }
        }
    }
}

extension String {
    /// Whether nothing in it ends a line, moves a cursor or turns the writing direction.
    package var isVisible: Bool { !unicodeScalars.contains(where: \.isObeyed) }
}
