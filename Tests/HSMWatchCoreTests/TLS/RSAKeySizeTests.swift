// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("RSA key size")
struct RSAKeySizeTests {
    /// `openssl req -x509 -newkey rsa:512 -outform DER`
    static let rsa512 = bytes(
        """
        3082016f30820119a003020102021422c007a31a4421e582556d06ac0bf1029bc48b76300d06092a864886f70d01010b0500300c
        310a300806035504030c0161301e170d3236313133303230333031395a170d3336313132373230333031395a300c310a30080603
        5504030c0161305c300d06092a864886f70d0101010500034b003048024100ad000ce34830557b8c57dc0af13e908968d19160fc
        f59068ef2e7596fbe940dccd55281960145b9ceddd0a2b016d2a1df89329651f67d57ba5d9b9345f1aa8790203010001a3533051
        301d0603551d0e041604141fbc01abfbf6e6979b50dee483c3811b65c56e4e301f0603551d230418301680141fbc01abfbf6e697
        9b50dee483c3811b65c56e4e300f0603551d130101ff040530030101ff300d06092a864886f70d01010b05000341003f899f9e72
        70abfe2d0a951a55d8b2b04b3f7581034792c1977e36b0c4d488f39612282970b23afec3e06dfad3f2f2467a2564047f3ed3c5af
        0b0d4be07fed14
        """)

    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -outform DER`
    static let p256 = bytes(
        """
        3082016d30820113a0030201020214766992e09c92b82fc9d12cff6888231058a60f10300a06082a8648ce3d040302300c310a30
        0806035504030c0161301e170d3236313133303230333031395a170d3336313132373230333031395a300c310a30080603550403
        0c01613059301306072a8648ce3d020106082a8648ce3d03010703420004a2c7cf6642438b0a137bae55afbd043bc0e7ab5e9c74
        1aadf8fefa5f09fa1ebc5891d73c24ab55c42847343a483dcf79c57f23f7e3f02e1ebf1fe564fb652c03a3533051301d0603551d
        0e04160414b959c66859de184201436a47ef6f0fbfa4e04313301f0603551d23041830168014b959c66859de184201436a47ef6f
        0fbfa4e04313300f0603551d130101ff040530030101ff300a06082a8648ce3d0403020348003045022100fa26dddb4f8d6047b8
        5dfc9d69c76e80352a6283517f9e5c6aaa977c304f6229022059d5d674d56d2bb2a9b7d6679b671612a317e5363acc7394f16953
        eea075d2b8
        """)

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    @Test("counts the bits of an RSA key, and of no other")
    func bits() {
        #expect(RSAKeySize.bits(inCertificate: Self.rsa512) == 512)
        #expect(RSAKeySize.bits(inCertificate: Self.p256) == nil)
    }

    @Test("a certificate that is cut anywhere, or has any byte changed, is read without harm")
    func damaged() {
        for certificate in [Self.rsa512, Self.p256] {
            for index in certificate.indices {
                // The signature follows the key, so the outer length alone tells that it is cut.
                #expect(RSAKeySize.bits(inCertificate: Array(certificate[..<index])) == nil)
                for value in [0, 0x30, 0x7F, 0x80, 0x84, 0xFF] as [UInt8] {
                    var damaged = certificate
                    damaged[index] = value
                    let bits = RSAKeySize.bits(inCertificate: damaged)
                    #expect((0...certificate.count * 8).contains(bits ?? 0))
                }
            }
        }
    }
}
