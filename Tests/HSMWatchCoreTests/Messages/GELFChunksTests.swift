// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Chunks of GELF over UDP")
struct GELFChunksTests {
    private static let id: UInt64 = 0x0102_0304_0506_0708

    private static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) } }

    @Test("what fits is one datagram, as it is", arguments: [1, 1419, 1420])
    func one(count: Int) {
        let message = Self.bytes(count)
        #expect(GELFChunks(datagramSize: 1420).datagrams(of: message, id: Self.id) == [message])
    }

    @Test(
        "what does not is cut, and put together again it is the same",
        arguments: [(1421, 2), (2816, 2), (2817, 3), (180_224, 128)])
    func cut(count: Int, chunks: Int) throws {
        let message = Self.bytes(count)
        let datagrams = try #require(GELFChunks(datagramSize: 1420).datagrams(of: message, id: Self.id))
        #expect(datagrams.count == chunks)
        #expect(datagrams.allSatisfy { (13...1420).contains($0.count) })
        for (number, datagram) in datagrams.enumerated() {
            let header: [UInt8] = [0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8, UInt8(number), UInt8(chunks)]
            #expect(Array(datagram.prefix(12)) == header)
        }
        #expect(Array(datagrams.map { $0.dropFirst(12) }.joined()) == message)
    }

    @Test("what needs more than 128 is not sent", arguments: [(512, 64_000), (1420, 180_224), (8192, 1_047_040)])
    func tooLong(size: Int, longest: Int) {
        let chunks = GELFChunks(datagramSize: size)
        #expect(chunks.longestMessage == longest)
        #expect(chunks.datagrams(of: Self.bytes(longest), id: Self.id)?.count == 128)
        #expect(chunks.datagrams(of: Self.bytes(longest + 1), id: Self.id) == nil)
    }
}
