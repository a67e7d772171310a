//! What a form changes of what is there, seen before it is saved.

use super::admin::Admin;
use super::form::{Form, answer, clashing};
use axum::http::StatusCode;
use axum::response::Response;
use signet_web::{FormPage, Link, Section};

impl Form {
    /// Whether it is only to be seen what it changes.
    pub(super) fn reviews(&self) -> bool {
        !self.raw("review").is_empty()
    }
}

impl Admin {
    /// The page of a form that changes what is there, as it was at a version.
    pub(super) fn edit_form(
        &self,
        title: (&str, Section),
        crumbs: Vec<Link>,
        action: impl Into<String>,
        version: &str,
    ) -> FormPage {
        self.form(title, crumbs, action, "Save").carry("version", version).reviewed()
    }
}

/// Notes what was typed changes of `now`, the form as it would be opened now. If that is all that was asked, this is
/// the answer, and nothing is saved.
pub(super) fn reviewed(form: &Form, page: &mut FormPage, now: &FormPage) -> Option<Response> {
    page.differs_from(now);
    if !form.reviews() {
        return None;
    }
    Some(if version(page) == version(now) { seen(page) } else { clashing(page.clone(), now) })
}

/// The form again with what it changes.
pub(super) fn seen(page: &mut FormPage) -> Response {
    if let Some(review) = &mut page.review {
        review.shown = true;
    }
    answer(StatusCode::OK, page)
}

fn version(page: &FormPage) -> &str {
    page.hidden.iter().find(|hidden| hidden.name == "version").map_or("", |hidden| &hidden.value)
}
