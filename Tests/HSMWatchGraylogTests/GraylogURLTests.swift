// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("The URL of a Graylog")
struct GraylogURLTests {
    @Test(
        "is read as it is written, without what goes without saying",
        arguments: [
            ("https://graylog.example.net/api", "https://graylog.example.net/api", 443),
            ("HTTPS://graylog.example.net:9000/api/", "https://graylog.example.net:9000/api", 9000),
            ("https://graylog.example.net:443/log/api", "https://graylog.example.net/log/api", 443),
            ("https://[2001:db8::7]/api", "https://[2001:db8::7]/api", 443),
            ("https://[2001:db8::7]:9000/api", "https://[2001:db8::7]:9000/api", 9000),
            ("http://127.0.0.1:9000/api", "http://127.0.0.1:9000/api", 9000),
            ("http://localhost/api", "http://localhost/api", 80), ("http://[::1]/api", "http://[::1]/api", 80),
            ("http://127.1.2.3:443/api", "http://127.1.2.3:443/api", 443),
        ] as [(String, String, UInt16)])
    func valid(text: String, description: String, port: UInt16) throws {
        let url = try GraylogURL(parsing: text)
        #expect(url.description == description)
        #expect(url.endpoint.port == port)
        #expect(url.isSecure == text.lowercased().hasPrefix("https"))
    }

    @Test(
        "is refused with what is allowed",
        arguments: [
            ("graylog.example.net/api", "is not a URL; allowed: https://graylog.example.net/api"),
            ("ftp://graylog.example.net/api", "is not a URL"), ("https://graylog.example.net", "has no path"),
            ("https://graylog.example.net/", "has no path"), ("https://graylog.example.net//", "has no path"),
            ("http://graylog.example.net/api", "in the clear"),
            ("http://127.0.0.1.example.net/api", "in the clear"), ("http://10.0.0.1/api", "in the clear"),
            ("https:///api", "is not a host"), ("https://graylog:0/api", "is not a port"),
            ("https://graylog:x/api", "is not a port"), ("https://graylog/api?x=1", "is not a path"),
            ("https://graylog/a b", "is not a path"),
        ])
    func invalid(text: String, reason: String) {
        let problem = #expect(throws: InvalidText.self) { try GraylogURL(parsing: text) }
        #expect(problem?.description.contains(reason) == true, "\(String(describing: problem))")
    }

    @Test("never shows a password that somebody has written into it")
    func secret() {
        let problem = #expect(throws: InvalidText.self) { try GraylogURL(parsing: "https://admin:s3cret@graylog/api") }
        #expect(problem?.description.contains("s3cret") == false)
    }
}
