// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Foundation
import Glibc
import HSMWatchCore

/// How many files, sockets among them, this process may have open.
package enum OpenFiles {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// How many it may have open now; nil when the kernel does not say.
    package static var limit: Int? { limits.map { Int(clamping: $0.rlim_cur) } }

    /// Raises the soft limit to the hard one, so that thousands of HSMs fit. When that fails, `limit` says so.
    package static func raiseLimit() {
        guard var limits, limits.rlim_cur < limits.rlim_max else { return }
        limits.rlim_cur = limits.rlim_max
        _ = setrlimit(resource, &limits)
    }

    /// Why so many more files cannot be opened now; nil when they can. Opens them, and closes them again.
    package static func shortage(of count: Int) -> LocalCause? {
        var opened: [CInt] = []
        defer { opened.forEach { _ = close($0) } }
        while opened.count < count {
            let descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { return LocalCause(errno: errno, isIPv6: false) ?? .descriptors }
            opened.append(descriptor)
        }
        return nil
    }

    /// The warning when the limit is too low for every HSM of a configuration, though it is raised as far as it can be.
    package static func problem(of configuration: Configuration) -> ConfigurationProblem? {
        raiseLimit()
        return limit.flatMap { DescriptorNeed(configuration).problem(limit: $0) }
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : nil
    }
}

/// A descriptor that the service manager has handed to this process: from its store, or of a socket unit.
package struct InheritedDescriptor: Sendable {
    /// What it was stored as, or what the socket unit calls it.
    let name: String
    let number: CInt

    package init(name: String, number: CInt) {
        self.name = name
        self.number = number
    }

    /// Takes what was handed over (sd_listen_fds(3)), which also keeps it from programs that this process may start.
    ///
    /// Once, and before anything else that reads the environment: this clears it of them.
    package static func receive() -> [InheritedDescriptor] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &list)
        guard count > 0, let list else { return [] }
        defer { free(list) }
        return (0..<count).map { index in
            let name = list[Int(index)]
            defer { free(name) }
            return InheritedDescriptor(
                name: name.map { String(cString: $0) } ?? "", number: SD_LISTEN_FDS_START + index)
        }
    }
}

/// What this process remembers: the private keys and tokens of the outputs, among other things.
package enum ProcessMemory {
    /// Keeps it from every core file and from every debugger that is not root's (PR_SET_DUMPABLE in prctl(2)).
    ///
    /// `LimitCORE=0` alone does not: the kernel pipes a core into a program, where the system has named one, whatever
    /// the limit says (core(5)).
    package static func seal() {
        // It fails for values that are neither 0 nor 1.
        _ = hsmwatch_set_dumpable(0)
    }
}
