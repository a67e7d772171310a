//! The filters of the user list: `status eq "ACTIVE"`, `profile.login eq "…"`, `id eq "…"`.

use super::AdminError;

/// A filter of the user list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserFilter {
    /// By status, as shown.
    Status(String),
    /// By login.
    Login(String),
    /// By id.
    Id(String),
}

impl UserFilter {
    /// Parses a filter.
    ///
    /// # Errors
    /// [`AdminError::Filter`] saying what is allowed.
    pub fn parse(text: &str) -> Result<Self, AdminError> {
        let fault = |words: String| AdminError::Filter(signet_domain::event::bounded(&words, 300));
        let mut parts = text.trim().splitn(3, ' ');
        let (Some(field), Some(operator), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(fault(format!("Invalid filter '{text}': write it as: status eq \"ACTIVE\"")));
        };
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(fault(format!(
                "Invalid filter '{text}': Unrecognized attribute operator '{operator}'. Expected: eq"
            )));
        }
        let value: String = serde_json::from_str(value.trim()).map_err(|_| {
            fault(format!("Invalid filter '{text}': the value must be one text in double quotes"))
        })?;
        if value.contains('\0') {
            return Err(fault("the value has a NUL character".into()));
        }
        match field {
            "status" => Ok(Self::Status(value)),
            "profile.login" => Ok(Self::Login(value)),
            "id" => Ok(Self::Id(value)),
            _ => Err(fault(format!("field is not valid: {field}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_is_documented_and_nothing_else() {
        assert_eq!(UserFilter::parse("status eq \"ACTIVE\"").unwrap(), UserFilter::Status("ACTIVE".into()));
        assert_eq!(UserFilter::parse(" profile.login  EQ \"a\"").ok(), None);
        assert_eq!(UserFilter::parse("profile.login EQ \"a b\"").unwrap(), UserFilter::Login("a b".into()));
        for bad in [
            "",
            "status",
            "status eq",
            "status eq ACTIVE",
            "status eq \"A\" or id eq \"x\"",
            "tenant_id eq \"x\"",
            "status co \"A\"",
            "id eq \"\\u0000\"",
            "id eq \"1' OR 1=1\" --",
            "1=1 eq \"x\"",
        ] {
            assert!(matches!(UserFilter::parse(bad), Err(AdminError::Filter(_))), "{bad}");
        }
    }
}
