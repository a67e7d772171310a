//! The names that filters know, and what stands behind each.

use signet_store::log_query::{IdField, TextField};

/// What stands behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A text of the event.
    Text(TextField),
    /// An id that the log stores as such.
    Id(IdField),
    /// The same text in every event.
    Constant(&'static str),
    /// A member that no event has.
    Absent,
    /// A member that is worked out for each reader and can't be searched for.
    Derived,
}

/// The length of the longest name of a further fact.
const MAX_FACT: usize = 64;

const FACTS: &str = "debugcontext.debugdata.";

/// Finds what a name stands for. Names are known in any case, as SCIM has it; but what comes after
/// `debugContext.debugData.` is data, and exact, except for the facts that every event has.
#[must_use]
pub fn attribute(name: &str) -> Option<Attribute> {
    let folded = name.to_ascii_lowercase();
    match folded.strip_prefix(FACTS) {
        Some(fact) => debug_data(&name[FACTS.len()..], fact),
        None => member(&folded),
    }
}

fn debug_data(name: &str, folded: &str) -> Option<Attribute> {
    Some(match folded {
        "requestid" => Attribute::Id(IdField::Request),
        "requesturi" => Attribute::Text(TextField::Path),
        "url" => Attribute::Text(TextField::Url),
        "flowid" => Attribute::Id(IdField::Flow),
        "grantid" => Attribute::Id(IdField::Grant),
        "jti" => Attribute::Text(TextField::Jti),
        "threatsuspected" => Attribute::Constant("false"),
        _ => {
            let known = !name.is_empty()
                && name.len() <= MAX_FACT
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
            return known.then(|| Attribute::Text(TextField::Debug(name.to_owned())));
        }
    })
}

fn member(folded: &str) -> Option<Attribute> {
    use Attribute::{Absent, Constant, Derived, Id, Text};
    Some(match folded {
        "uuid" => Id(IdField::Event),
        "eventtype" => Text(TextField::EventType),
        "displaymessage" => Text(TextField::Message),
        "severity" => Text(TextField::Severity),
        "version" => Constant("0"),
        "outcome.result" => Text(TextField::Outcome),
        "outcome.reason" => Text(TextField::Reason),
        "actor.id" => Text(TextField::ActorId),
        "actor.type" => Text(TextField::ActorType),
        "actor.alternateid" => Text(TextField::ActorAlternateId),
        "actor.displayname" => Text(TextField::ActorDisplayName),
        "client.id" => Text(TextField::ClientId),
        "client.ipaddress" | "request.ipchain.ip" => Text(TextField::Ip),
        "client.useragent.rawuseragent" => Text(TextField::UserAgent),
        "client.useragent.os" | "client.useragent.browser" | "client.device" | "request.ipchain.version" => {
            Derived
        }
        "target.id" => Text(TextField::TargetId),
        "target.type" => Text(TextField::TargetType),
        "target.alternateid" => Text(TextField::TargetAlternateId),
        "target.displayname" => Text(TextField::TargetDisplayName),
        "transaction.id" => Id(IdField::Request),
        "transaction.type" => Constant("WEB"),
        "client.zone" => Constant("null"),
        "authenticationcontext.externalsessionid" | "authenticationcontext.rootsessionid" => {
            Id(IdField::Session)
        }
        "authenticationcontext.authenticationstep" => Constant("0"),
        "legacyeventtype"
        | "client.geographicalcontext.city"
        | "client.geographicalcontext.state"
        | "client.geographicalcontext.country"
        | "client.geographicalcontext.postalcode"
        | "device.id"
        | "device.name"
        | "authenticationcontext.authenticationprovider"
        | "authenticationcontext.credentialprovider"
        | "authenticationcontext.credentialtype"
        | "authenticationcontext.interface"
        | "authenticationcontext.issuer.id"
        | "authenticationcontext.issuer.type"
        | "request.ipchain.source"
        | "securitycontext.asnumber"
        | "securitycontext.asorg"
        | "securitycontext.isp"
        | "securitycontext.domain"
        | "securitycontext.isproxy" => Absent,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tx_11_names_of_the_store_are_not_names_of_the_log() {
        for name in [
            "tenant_id",
            "tenant.id",
            "epoch",
            "words",
            "data",
            "published",
            "e.tenant_id",
            "debugContext.debugData.",
            "debugContext.debugData.a\"b",
            "debugContext.debugData.a.b",
            "actor",
            "",
        ] {
            assert_eq!(attribute(name), None, "{name}");
        }
    }

    #[test]
    fn names_are_known_in_any_case_but_facts_are_exact() {
        assert_eq!(attribute("EVENTTYPE"), Some(Attribute::Text(TextField::EventType)));
        assert_eq!(
            attribute("DebugContext.DebugData.grantType"),
            Some(Attribute::Text(TextField::Debug("grantType".into())))
        );
        assert_eq!(attribute("debugContext.debugData.URL"), Some(Attribute::Text(TextField::Url)));
    }
}
