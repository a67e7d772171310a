//! What a form of the console sends, and how it comes back when something is wrong with it.

use super::admin::Admin;
use super::failure::{Failure, Result};
use crate::{html, multipart};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode;
use signet_domain::Time;
use signet_idp::admin::{Access, AdminError, Area, Expected};
use signet_oauth::{Params, Secret};
use signet_web::{Field, FormPage, Link, Section};

/// Most values of one form.
const MAX_VALUES: usize = 200;
/// Minutes after the sign-in in which dangerous changes don't ask for the password again.
const FRESH_MINUTES: i64 = 10;
/// The field of the administrator's own password.
const OWN_PASSWORD: &str = "your_password";

/// The values of a form. Unlike [`Params`] it takes line breaks and repeated names: fields of several lines and
/// lists of boxes send them.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body. A byte that is no text, and any control character but a line break, makes it unreadable.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let text = |raw: &[u8]| {
            let spaced: Vec<u8> = raw.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
            plain(percent_decode(&spaced).collect())
        };
        let parts = body.split(|b| *b == b'&').filter(|part| !part.is_empty());
        let mut pairs = Vec::new();
        for part in parts {
            let at = part.iter().position(|b| *b == b'=').unwrap_or(part.len());
            let value = part.get(at + 1..).unwrap_or_default();
            pairs.push((text(&part[..at])?, text(value)?));
            if pairs.len() > MAX_VALUES {
                return None;
            }
        }
        Some(Self(pairs))
    }

    /// The same of a form that files may come with: its texts, and the first file that isn't empty.
    fn with_file<'b>(headers: &HeaderMap, body: &'b [u8]) -> Option<(Self, Option<&'b [u8]>)> {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("multipart/") {
            return Some((Self::parse(body)?, None));
        }
        let parts = multipart::parse(kind, body)?;
        let file = parts.iter().find(|part| part.is_file && !part.value.is_empty()).map(|part| part.value);
        let texts = parts.iter().filter(|part| !part.is_file);
        let text = |part: &multipart::Part<'_>| Some((part.name.to_owned(), plain(part.value.to_vec())?));
        Some((Self(texts.map(text).collect::<Option<_>>()?), file))
    }

    /// The value of a field as it was typed; the first one, and empty if there is none.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Whether it has a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The value of a field of one line, without spaces around it.
    pub(super) fn text(&self, name: &str) -> String {
        self.raw(name).trim().to_owned()
    }

    /// Every box that is ticked.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box is ticked.
    pub(super) fn ticked(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }

    /// Lines that hold something.
    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        self.raw(name).lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    }

    /// A whole number; `Err` for anything else, `None` for nothing.
    pub(super) fn number(&self, name: &str) -> std::result::Result<Option<i64>, ()> {
        match self.raw(name).trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| ()),
        }
    }

    /// A password, as it was typed.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        Some(self.raw(name)).filter(|v| !v.is_empty()).map(Secret::from)
    }

    /// The version that was edited. A form without one changes nothing.
    pub(super) fn expected(&self) -> Expected {
        Expected::Versions(self.raw("version").parse().into_iter().collect())
    }
}

/// A text without control characters but those of lines.
fn plain(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let fine = text.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t'));
    fine.then_some(text)
}

impl Admin {
    /// The same as [`Self::open`] of a form that a file may come with.
    pub(super) fn open_with_file<'b>(
        &self,
        headers: &HeaderMap,
        body: &'b [u8],
        (area, access): (Area, Access),
    ) -> Result<(Form, Option<&'b [u8]>)> {
        let (form, file) = Form::with_file(headers, body).ok_or(Failure::NotOurForm)?;
        self.check_token(headers, form.raw("csrf"))?;
        self.must(area, access)?;
        Ok((form, file))
    }

    /// Reads a form that one of this session's pages sent, for a role that may send it.
    pub(super) fn open(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        (area, access): (Area, Access),
    ) -> Result<Form> {
        let form = Form::parse(body).ok_or(Failure::NotOurForm)?;
        self.check_token(headers, form.raw("csrf"))?;
        self.must(area, access)?;
        Ok(form)
    }

    /// Refuses what the role doesn't reach.
    pub(super) fn must(&self, area: Area, access: Access) -> Result<()> {
        if self.may(area, access) { Ok(()) } else { Err(Failure::Forbidden) }
    }

    /// A form's page. It carries a number, so that sending it twice does its work once.
    pub(super) fn form(
        &self,
        (title, section): (&str, Section),
        crumbs: Vec<Link>,
        action: impl Into<String>,
        submit: &str,
    ) -> FormPage {
        let page = FormPage::new(self.frame(title, section), crumbs, action, submit);
        page.carry("once", self.idp().entropy().secret(""))
    }

    /// Whether a dangerous change asks for the password again.
    pub(super) fn must_confirm(&self) -> bool {
        let since = self.ctx.now.since(self.signed_in.session.auth_time);
        !(0..FRESH_MINUTES * 60 * Time::SECOND).contains(&since)
    }

    /// Adds the question for the password, if the sign-in is no longer fresh.
    pub(super) fn asking(&self, page: FormPage) -> FormPage {
        if !self.must_confirm() {
            return page;
        }
        let field = Field::password(OWN_PASSWORD, "Your own password", "current-password").required();
        page.fields([
            field.help("It was last given a while ago. For ten minutes from now it isn’t asked for again.")
        ])
    }

    /// Whether the password was given again where it must be; otherwise the page says so.
    pub(super) async fn confirmed(&self, form: &Form, page: &mut FormPage) -> Result<bool> {
        if !self.must_confirm() {
            return Ok(true);
        }
        let typed = form.raw(OWN_PASSWORD);
        if typed.is_empty() {
            page.wrong(OWN_PASSWORD, "Type your own password.");
            return Ok(false);
        }
        let right = self.idp().console_confirm(&self.ctx, &self.signed_in, typed).await?;
        if !right {
            page.wrong(OWN_PASSWORD, "That is not your password.");
        }
        Ok(right)
    }

    /// The question before the deed of a button, if the sign-in is no longer fresh: a page with the password alone,
    /// which sends to the same address.
    pub(super) async fn pressed(&self, form: &Form, page: FormPage) -> Result<Option<Response>> {
        let mut page = self.asking(page);
        if self.must_confirm() && form.raw(OWN_PASSWORD).is_empty() {
            return Ok(Some(html::page(&page)));
        }
        Ok(if self.confirmed(form, &mut page).await? { None } else { Some(refused(&page)) })
    }

    /// The same for what can't be brought back: its name was typed, too.
    pub(super) async fn confirmed_by_name(
        &self,
        form: &Form,
        page: &mut FormPage,
        name: &str,
        otherwise: &str,
    ) -> Result<bool> {
        if form.raw("typed").trim() != name.trim() {
            page.wrong("typed", otherwise);
            return Ok(false);
        }
        self.confirmed(form, page).await
    }

    /// Refuses a form whose work was done before.
    pub(super) async fn once(&self, form: &Form) -> Result<()> {
        let first = self.idp().console_first_send(&self.ctx, &self.signed_in, form.raw("once")).await?;
        let sent = "This form was sent before, and its work was done then. Nothing more was changed.";
        if first { Ok(()) } else { Err(Failure::Refused(sent)) }
    }
}

/// What nobody does by a slip: the name of the thing, for [`Admin::confirmed_by_name`].
pub(super) fn type_the_name(name: &str, typed: &str) -> Field {
    Field::line("typed", format!("Type {name} to confirm"), typed).required()
}

/// The form again, with what is wrong with it.
pub(super) fn refused(page: &FormPage) -> Response {
    answer(StatusCode::UNPROCESSABLE_ENTITY, page)
}

/// A form with a status; one that shows what it would look like has frames.
pub(super) fn answer(status: StatusCode, page: &FormPage) -> Response {
    if page.preview.is_some() {
        html::page_with_own_frames(status, page)
    } else {
        html::page_with(status, page, &[])
    }
}

/// The form again with why it was refused; an error that no form can mend goes on.
pub(super) fn again(mut page: FormPage, error: AdminError) -> Result<Response> {
    match error {
        AdminError::Invalid { causes, .. } => {
            for cause in causes {
                let (member, wrong) = cause.split_once(": ").unwrap_or(("", &cause));
                page.wrong(member, sentence(wrong));
            }
            Ok(refused(&page))
        }
        AdminError::Password(fault) => {
            page.wrong("password", sentence(&fault.to_string()));
            Ok(refused(&page))
        }
        other => Err(other.into()),
    }
}

/// The form again after somebody else changed the same thing: what it is now beside what was typed. `fresh` is
/// the form as it would be opened now, whose version it takes over.
pub(super) fn clashing(mut page: FormPage, fresh: &FormPage) -> Response {
    page.compare(fresh);
    page.differs_from(fresh);
    page.hidden.retain(|h| h.name != "version");
    page.hidden.extend(fresh.hidden.iter().filter(|h| h.name == "version").cloned());
    page.problems.push(if page.clashes.is_empty() {
        "Someone else changed this while you did, and it is now as you wanted it.".to_owned()
    } else {
        "Someone else changed this while you did. Save again to put yours in its place, or cancel to keep what \
         is there now."
            .to_owned()
    });
    answer(StatusCode::PRECONDITION_FAILED, &page)
}

/// A rule as a sentence.
pub(super) fn sentence(rule: &str) -> String {
    if rule.starts_with("An object with this field") {
        return "This is taken already. Choose another.".to_owned();
    }
    let mut chars = rule.chars();
    let start: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if rule.ends_with('.') { "" } else { "." };
    format!("{start}{}{end}", chars.as_str())
}

/// What a small form without fields of its own sends.
pub(super) fn params(body: &[u8]) -> Result<Params> {
    Params::parse(body).map_err(|_| Failure::NotOurForm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_boxes_arrive() {
        let form =
            Form::parse(b"uris=https%3A%2F%2Fa%0D%0A%0D%0A+https://b+&grant=x&grant=y&empty=&p=+a+").unwrap();
        assert_eq!(form.lines("uris"), ["https://a", "https://b"]);
        assert_eq!(form.all("grant"), ["x", "y"]);
        assert!(form.ticked("grant", "y") && !form.ticked("grant", "z"));
        assert_eq!((form.raw("p"), form.text("p").as_str(), form.raw("empty")), (" a ", "a", ""));
        assert_eq!(form.number("empty"), Ok(None));
    }

    #[test]
    fn what_is_no_text_is_no_form() {
        for bad in ["a=%00", "a=%1b", "a=%ff", "%00=a", "a=%c0%af"] {
            assert!(Form::parse(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(Form::parse("a=1&".repeat(MAX_VALUES + 1).as_bytes()).is_none());
    }

    #[test]
    fn a_form_without_a_version_expects_none() {
        let form = Form::parse(b"a=1").unwrap();
        assert_eq!(form.expected(), Expected::Versions(Vec::new()));
        assert_eq!(Form::parse(b"version=7").unwrap().expected(), Expected::Versions(vec![7]));
    }
}
