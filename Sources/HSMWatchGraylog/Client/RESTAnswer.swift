// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// The members of Graylog's answers that hsmwatch reads. Other members come and go with its versions.
enum RESTAnswer {
    /// What stands in the body of a refusal.
    struct Failure: Decodable {
        let message: String
    }

    /// `GET /system`, and `GET /`
    struct Overview: Decodable {
        let version: String
    }

    /// `GET /system/content_packs/{id}`
    struct Revisions: Decodable {
        struct Pack: Decodable {
            let description: String?
        }

        let packs: [String: Pack]

        enum CodingKeys: String, CodingKey {
            case packs = "content_pack_revisions"
        }
    }

    /// `GET /system/content_packs/{id}/installations`
    struct Installations: Decodable {
        let installations: [Installation]
    }

    /// One of them, and the answer to an installation.
    struct Installation: Decodable {
        struct Entity: Decodable {
            struct Kind: Decodable {
                let name: String
            }

            let id: String
            let type: Kind
            /// The id in the pack.
            let packID: String
            let title: String

            enum CodingKeys: String, CodingKey {
                case id, type, title
                case packID = "content_pack_entity_id"
            }
        }

        let id: String
        let revision: Int
        let entities: [Entity]
        let createdAt: String?

        enum CodingKeys: String, CodingKey {
            case entities
            case id = "_id"
            case revision = "content_pack_revision"
            case createdAt = "created_at"
        }
    }

    /// `DELETE /system/content_packs/{id}/installations/{id}`
    struct Uninstallation: Decodable {
        struct Outcome: Decodable {
            struct Entity: Decodable {
                let title: String
            }

            /// Those that could not be deleted.
            let failedEntities: [Entity]?

            enum CodingKeys: String, CodingKey {
                case failedEntities = "failed_entities"
            }
        }

        let uninstalled: Outcome?
    }

    /// `GET /streams/{id}`
    struct Stream: Decodable {
        let disabled: Bool
        let indexSet: String?
        let leavesDefaultStream: Bool?

        enum CodingKeys: String, CodingKey {
            case disabled
            case indexSet = "index_set_id"
            case leavesDefaultStream = "remove_matches_from_default_stream"
        }
    }

    /// `GET /system/inputs`
    struct Inputs: Decodable {
        struct Input: Decodable {
            let id: String
            let title: String
            let type: String
            /// Those of the input's kind.
            let attributes: [String: JSONTree]?
            /// The node that alone has it.
            let node: String?

            /// nil where it is none: only an input that listens has an address, too.
            var port: Int? {
                guard attributes?["bind_address"] != nil, case .integer(let port)? = attributes?["port"] else {
                    return nil
                }
                return port
            }
        }

        let inputs: [Input]
    }

    /// `GET /system/inputstates/{id}`
    struct InputState: Decodable {
        let state: String
        let detailedMessage: String?

        enum CodingKeys: String, CodingKey {
            case state
            case detailedMessage = "detailed_message"
        }
    }

    /// `GET /system/indices/index_sets`
    struct IndexSets: Decodable {
        struct IndexSet: Decodable {
            let id: String
            let title: String
            let isStandard: Bool

            enum CodingKeys: String, CodingKey {
                case id, title
                case isStandard = "default"
            }
        }

        let indexSets: [IndexSet]

        enum CodingKeys: String, CodingKey {
            case indexSets = "index_sets"
        }
    }
}
