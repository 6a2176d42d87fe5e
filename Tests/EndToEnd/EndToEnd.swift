// SPDX-License-Identifier: Apache-2.0

import Testing

/// The real program, run as a user, a script or systemd runs it, and looked at from outside.
///
/// One test after the other: many of them measure time, and none may take the processors away from another.
@Suite("End to end", .serialized)
enum EndToEnd {}
