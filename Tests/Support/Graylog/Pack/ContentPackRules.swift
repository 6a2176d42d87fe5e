// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What Graylog wants of a content pack, as its classes do that read, install and use one.
///
/// It knows inputs, streams, notifications, event definitions and dashboards, and of these what a pack made by a program
/// needs: no extractors, decorators, search filters or lookup tables. What it does not know it reports, as if it were
/// wrong.
package enum ContentPackRules {
    /// Everything in `pack` that a Graylog of `version` does not take as it is meant; empty for a good pack.
    package static func violations(in pack: JSONValue, for version: GraylogVersion) -> [ContentPackViolation] {
        let contents = PackContents(pack)
        var inspection = PackInspection(version: version, parameters: contents.parameters)
        inspection.inspect(pack, as: .object(.pack), "", .refusesUpload)
        inspection.checkPack(pack)
        for (index, entity) in contents.entities.enumerated() {
            let path = "entities[\(index)]"
            inspection.checkConstraints(of: entity, path)
            inspection.checkUpload(of: entity, path)
            inspection.checkData(of: entity, "\(path).data", contents)
        }
        return inspection.violations
    }
}
