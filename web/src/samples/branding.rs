//! How the pages for users look.

use super::{HOSTILE, LONG, Sample, console, sample};
use crate::{Branding, Choice, Fact, Field, FormPage, Link, Preview, Section};

pub(super) fn all() -> Vec<Sample> {
    let look = Branding {
        console: console("Branding", Section::Branding),
        facts: vec![Fact::text("Name", HOSTILE), Fact::text("Help", LONG)],
        change: Some(Link::new("Change", "/console/branding/edit")),
        reset: Some(Link::new("Reset to the first look", "/console/branding/reset")),
        // Their server lets nothing be framed; the console's own walk looks at those.
        frames: Vec::new(),
    };
    let mut form = FormPage::new(
        console("Change the look", Section::Branding),
        vec![Link::new("Branding", "/console/branding")],
        "/console/branding/edit",
        "Save",
    )
    .fields([
        Field::line("colour", "Colour", "#3e63dd").mono(),
        Field::file("logo", "Logo", "image/png", "").help("PNG, JPEG or WebP."),
    ]);
    form.wrong("logo", LONG);
    form.preview = Some(Preview {
        path: "/account",
        languages: vec![Choice::new("en", "English", true), Choice::new("de", "German", false)],
        frames: Vec::new(),
    });
    vec![sample("branding", &look), sample("branding-edit", &form)]
}
