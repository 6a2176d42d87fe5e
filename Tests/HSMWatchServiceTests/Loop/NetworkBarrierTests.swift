// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import NIOCore
import NIOPosix
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Network barrier")
struct NetworkBarrierTests {
    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private(set) var count = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            count += 1
        }
    }

    @Test("lets pass behind what the kernel had before, even when it has just been passed")
    func order() async throws {
        let loop = ServiceLoop.shared.eventLoop
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let counter = NIOLoopBound(Counter(), eventLoop: loop)
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(counter.value) }
            }
            .takingOwnershipOfDescriptor(input: reading)
            .get()
        let count = await withCheckedContinuation { continuation in
            ServiceLoop.afterNetwork {
                _ = write(writing, "x", 1)
                ServiceLoop.afterNetwork { continuation.resume(returning: counter.value.count) }
            }
        }
        #expect(count == 1)
        try await channel.close()
        close(writing)
    }

    @Test("lets everything pass once, in its order, and what comes meanwhile behind it")
    func once() async {
        var passed: [Int] = []
        await withCheckedContinuation { continuation in
            for number in 1...3 {
                ServiceLoop.afterNetwork {
                    passed.append(number)
                    ServiceLoop.afterNetwork {
                        passed.append(number * 10)
                        if number == 3 { continuation.resume() }
                    }
                }
            }
        }
        #expect(passed == [1, 2, 3, 10, 20, 30])
    }

    @Test("work that is cancelled is not done, even when it is due already")
    func cancelled() async {
        var done: [String] = []
        await withCheckedContinuation { continuation in
            var later: DelayedWork?
            // Due at the same moment, so the loop takes both out of its queue at once.
            ServiceLoop.after(.milliseconds(1)) { later?.cancel() }
            later = ServiceLoop.after(.milliseconds(1)) { done.append("cancelled") }
            let end = Instant.now + .milliseconds(5)
            while Instant.now <= end {}
            ServiceLoop.after(.milliseconds(1)) { continuation.resume() }
        }
        #expect(done == [])
    }
}
