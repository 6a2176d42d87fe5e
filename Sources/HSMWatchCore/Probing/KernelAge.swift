// SPDX-License-Identifier: Apache-2.0

/// How long bytes lay in the kernel before they were read (`tcpi_last_data_recv` of tcp(7)).
///
/// The kernel knows when the last segment came, not when each byte did. So the age is the least that it can be: a reply may
/// have come earlier, in a segment before the last one.
enum KernelAge {
    /// A latency from which it is worth a system call to ask for the age.
    static let longLatency = Duration.milliseconds(50)
    /// An age counts only above this. The kernel counts in clock ticks of 1 to 10 ms, and the loop takes its time too.
    static let tolerance = Duration.milliseconds(20)

    /// The age, or zero if it is within the tolerance.
    static func counted(_ age: Duration) -> Duration { age > tolerance ? age : .zero }
}
