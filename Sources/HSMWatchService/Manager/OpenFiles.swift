// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore

/// How many files, sockets among them, this process may have open.
package enum OpenFiles {
    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// How many it may have open now; nil when the kernel does not say.
    package static var limit: Int? { limits.map { Int(clamping: $0.rlim_cur) } }

    /// Raises the soft limit to the hard one, so that thousands of HSMs fit. When that fails, `limit` tells.
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
