//! How the tenant's pages for users look, with the sign-in page as it would look.

use super::admin::Admin;
use super::failure::Result;
use super::form::{Form, again, clashing, refused};
use super::next::encoded;
use super::review::reviewed;
use crate::brand::{self, dress};
use crate::html;
use crate::pages::step;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use signet_domain::brand::{Brand, Colour, Logo};
use signet_idp::admin::brand::{BrandSettings, LogoChange};
use signet_idp::admin::{Access, AdminError, Area};
use signet_idp::picture::Picture;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{
    Branding, Choice, Csrf, Door, Fact, Field, FormPage, Language, Link, Pick, Preview, PreviewFrame,
    Section, Shell, SignIn, Theme,
};

const PATH: &str = "/console/branding";
const PREVIEW: &str = "/console/branding/preview";
const WRITE: (Area, Access) = (Area::Settings, Access::Write);
const PICTURES: &str = "image/png,image/jpeg,image/webp";

/// A language's name for the console, which is in English.
fn name_of(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "German",
    }
}

fn text_field(language: Language) -> String {
    format!("signInText.{}", language.tag())
}

/// The form's values, which are also what the preview's address says.
#[derive(Default)]
struct Draft {
    display_name: String,
    colour: String,
    sentences: Vec<(Language, String)>,
    help: String,
    /// The hash of the picture that is, or will be, the logo.
    kept: String,
    shown: Language,
}

impl Draft {
    fn of(brand: &Brand) -> Self {
        let sentence = |language: Language| brand.sentences.get(language.tag()).cloned().unwrap_or_default();
        Self {
            display_name: brand.display_name.clone().unwrap_or_default(),
            colour: brand.colour.clone().unwrap_or_default(),
            sentences: Language::ALL.map(|language| (language, sentence(language))).to_vec(),
            help: brand.help.clone().unwrap_or_default(),
            kept: brand.logo.clone().unwrap_or_default(),
            shown: Language::default(),
        }
    }

    fn read(value: impl Fn(&str) -> String) -> Self {
        let cut = |name: &str| signet_domain::event::bounded(value(name).trim(), 1_000);
        Self {
            display_name: cut("displayName"),
            colour: cut("colour"),
            sentences: Language::ALL.map(|language| (language, cut(&text_field(language)))).to_vec(),
            help: cut("help"),
            kept: cut("kept"),
            shown: Language::of(&cut("shown")),
        }
    }

    fn settings(&self) -> BrandSettings {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let written = self.sentences.iter().filter(|(_, text)| !text.is_empty());
        BrandSettings {
            display_name: some(&self.display_name),
            colour: some(&self.colour),
            sentences: written.map(|(language, text)| (language.tag().to_owned(), text.clone())).collect(),
            help: some(&self.help),
            logo: some(&self.kept).map_or(LogoChange::Goes, LogoChange::Becomes),
        }
    }

    /// The look as far as it can be drawn: what breaks a rule is drawn as if it weren't there.
    fn drawn(&self, admin: &Admin, logo: Option<&Logo>) -> Brand {
        let settings = self.settings();
        let colour = Colour::parse(&self.colour).map(|colour| colour.to_string());
        let mut brand = Brand::none(admin.ctx.tenant_id(), admin.ctx.now);
        brand.set_logo(logo);
        (brand.display_name, brand.colour, brand.help) = (settings.display_name, colour, settings.help);
        brand.sentences.0 = settings.sentences;
        brand
    }

    /// The sign-in page with this look, in a shade.
    fn frame(&self, theme: Theme) -> PreviewFrame {
        let mut pairs = vec![("theme".to_owned(), theme.name()), ("shown".to_owned(), self.shown.tag())];
        pairs.extend([
            ("displayName".to_owned(), self.display_name.as_str()),
            ("colour".to_owned(), &self.colour),
            ("help".to_owned(), &self.help),
            ("kept".to_owned(), &self.kept),
        ]);
        pairs.extend(self.sentences.iter().map(|(language, text)| (text_field(*language), text.as_str())));
        let filled = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = filled.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        PreviewFrame { theme, url: format!("{PREVIEW}?{}", query.join("&")) }
    }

    fn frames(&self) -> Vec<PreviewFrame> {
        [Theme::Light, Theme::Dark].map(|theme| self.frame(theme)).to_vec()
    }
}

pub(super) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = show(&admin, &parsed(query)).await;
    admin.answer(shown)
}

fn parsed(query: Option<String>) -> Params {
    Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default()
}

async fn show(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let brand = admin.idp().admin_brand(&admin.ctx).await?;
    let usual = |text: Option<&str>, usual: &str| text.map_or_else(|| usual.to_owned(), visible);
    let mut facts = vec![
        Fact::text("Name", usual(brand.display_name.as_deref(), &admin.ctx.tenant.display_name)),
        Fact::text("Colour", usual(brand.colour.as_deref(), "The usual one")),
    ];
    for language in Language::ALL {
        let sentence = usual(brand.sentences.get(language.tag()).map(String::as_str), "None");
        facts.push(Fact::text(format!("Under the title, {}", name_of(language)), sentence));
    }
    facts.push(Fact::text("Help", usual(brand.help.as_deref(), "None")));
    let size = brand.logo_width.zip(brand.logo_height);
    let logo = size.map_or_else(|| "None".to_owned(), |(width, height)| format!("{width} × {height} pixels"));
    facts.push(Fact::text("Logo", logo));
    if brand.version > 0 {
        facts.push(Fact::text("Last changed", admin.moment(brand.updated_at).shown));
    }
    let writes = admin.may(WRITE.0, WRITE.1);
    let mut console = admin.frame("Branding", Section::Branding);
    console.notice = params.get("done").and_then(told).map(str::to_owned);
    Ok(html::page_with_own_frames(
        StatusCode::OK,
        &Branding {
            console,
            facts,
            change: writes.then(|| Link::new("Change", format!("{PATH}/edit"))),
            reset: writes.then(|| Link::new("Reset to the first look", format!("{PATH}/reset"))),
            frames: Draft::of(&brand).frames(),
        },
    ))
}

fn told(done: &str) -> Option<&'static str> {
    match done {
        "edit" => Some("Saved. Users see it from now on."),
        "reset" => Some("The pages have their first look back."),
        _ => None,
    }
}

fn page(admin: &Admin, draft: &Draft, version: &str) -> FormPage {
    let crumbs = vec![Link::new("Branding", PATH)];
    let mut fields = vec![
        Field::line("displayName", "Name", &draft.display_name)
            .help(format!("On pages for users. Empty: {}.", visible(&admin.ctx.tenant.display_name))),
        Field::line("colour", "Colour", &draft.colour)
            .mono()
            .help("Of the main button, such as #3e63dd. Its text is black or white, whichever reads better."),
        Field::file("logo", "Logo", PICTURES, &draft.kept).help(
            "PNG, JPEG or WebP, up to 64 KiB, 16 to 1024 pixels on either side. One that is at least twice as wide as \
             high stands without the name beside it. In the dark it gets a white ground.",
        ),
    ];
    if !draft.kept.is_empty() {
        fields.push(Field::checks(
            "flags",
            "And the logo there is",
            vec![Pick::new("remove", "Take it away", false)],
        ));
    }
    let sentences = draft.sentences.iter().map(|(language, text)| {
        Field::line(text_field(*language), format!("Under the title, {}", name_of(*language)), text)
    });
    let help = Field::line("help", "Help", &draft.help)
        .help("Where users are sent who can’t sign in: an https address, or an e-mail address.");
    let mut form = admin
        .edit_form(("Change the look", Section::Branding), crumbs, format!("{PATH}/edit"), version)
        .carry("kept", &draft.kept)
        .fields(fields)
        .group("Sign-in page", sentences.chain([help]));
    let choice = |language: Language| Choice::new(language.tag(), name_of(language), language == draft.shown);
    form.preview = Some(Preview {
        path: PREVIEW,
        languages: Language::ALL.map(choice).to_vec(),
        frames: draft.frames(),
    });
    form
}

async fn page_now(admin: &Admin) -> Result<FormPage> {
    Ok(page_of(admin, &admin.idp().admin_brand(&admin.ctx).await?))
}

fn page_of(admin: &Admin, brand: &Brand) -> FormPage {
    page(admin, &Draft::of(brand), &brand.version.to_string())
}

pub(super) async fn edit(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page_with_own_frames(StatusCode::OK, &page_now(&admin).await?))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn save(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let saved = async {
        let (form, file) = admin.open_with_file(&headers, &body, WRITE)?;
        let mut draft = Draft::read(|name| form.text(name));
        let mut fault = None;
        if form.ticked("flags", "remove") {
            draft.kept.clear();
        } else if let Some(file) = file {
            // Kept before anything else is looked at: a file can't be put back into a form.
            match Picture::read(file) {
                Ok(picture) => draft.kept = admin.idp().admin_keep_logo(&admin.ctx, picture).await?.hash,
                Err(error) => fault = Some(error),
            }
        }
        let now = admin.idp().admin_brand(&admin.ctx).await?;
        let mut page = page(&admin, &draft, form.raw("version"));
        let review = reviewed(&form, &mut page, &page_of(&admin, &now));
        if let Some(fault) = fault {
            page.wrong("logo", super::form::sentence(&fault.to_string()));
            return Ok(refused(&page));
        }
        if form.raw("do") == "preview" {
            return Ok(html::page_with_own_frames(StatusCode::OK, &page));
        }
        if let Some(answer) = review {
            return Ok(answer);
        }
        let (settings, expected) = (draft.settings(), form.expected());
        match admin.idp().admin_put_brand(&admin.ctx, &admin.caller, settings, &expected).await {
            Ok(_) => Ok(step::redirect(&format!("{PATH}?done=edit"))),
            Err(AdminError::Stale) => Ok(clashing(page, &page_now(&admin).await?)),
            Err(error) => again(page, error),
        }
    };
    let saved = saved.await;
    admin.answer(saved)
}

/// The sign-in page with the look that the address says, for the frames of these pages.
pub(super) async fn preview(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = draw(&admin, &parsed(query)).await;
    admin.answer(shown)
}

async fn draw(admin: &Admin, params: &Params) -> Result<Response> {
    admin.must_see(WRITE.0)?;
    let draft = Draft::read(|name| params.get(name).unwrap_or_default().to_owned());
    let logo = admin.idp().brand_logo(&admin.ctx, &draft.kept).await?;
    let (look, texts) = (draft.drawn(admin, logo.as_ref()), draft.shown.texts());
    let name = look.display_name.as_deref().unwrap_or(&admin.ctx.tenant.display_name);
    let shell = Shell::new(name, texts.sign_in.heading).language(draft.shown);
    let theme = if params.get("theme") == Some("dark") { Theme::Dark } else { Theme::Light };
    let sheet = look.colour.as_deref().map(|colour| format!("{PREVIEW}.css?colour={}", encoded(colour)));
    Ok(html::framed_page(&SignIn {
        sentence: brand::sentence(&look, draft.shown),
        pages: Vec::new(),
        help: brand::help(&look, texts.sign_in.cannot),
        shell: Shell { theme: Some(theme), brand_css: sheet, help: None, inert: true, ..dress(shell, &look) },
        // Nothing that is typed here goes anywhere.
        csrf: Csrf::new(""),
        action: PREVIEW.to_owned(),
        flow: String::new(),
        door: Door::App("Photo book".to_owned()),
        login: String::new(),
        error: None,
    }))
}

/// The stylesheet of a colour that may become the tenant's.
pub(super) async fn preview_css(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let shown = async {
        admin.must_see(WRITE.0)?;
        let colour = parsed(query).get("colour").and_then(Colour::parse);
        Ok(colour.map_or_else(|| (StatusCode::NOT_FOUND, "Not found").into_response(), brand::sheet))
    };
    let shown = shown.await;
    admin.answer(shown)
}

fn reset_page(admin: &Admin) -> FormPage {
    let crumbs = vec![Link::new("Branding", PATH)];
    let page = admin.form(("Reset the look", Section::Branding), crumbs, format!("{PATH}/reset"), "Reset");
    let page = page.intro("Name, colour, logo, texts and help go, and the pages look as they did at first.");
    admin.asking(page.dangerous())
}

pub(super) async fn ask_reset(admin: Admin) -> Response {
    let shown = async {
        admin.must(WRITE.0, WRITE.1)?;
        Ok(html::page(&reset_page(&admin)))
    };
    let shown = shown.await;
    admin.answer(shown)
}

pub(super) async fn reset(admin: Admin, headers: HeaderMap, body: Bytes) -> Response {
    let done: Result<Response> = async {
        let form: Form = admin.open(&headers, &body, WRITE)?;
        let mut page = reset_page(&admin);
        if !admin.confirmed(&form, &mut page).await? {
            return Ok(refused(&page));
        }
        admin.idp().admin_reset_brand(&admin.ctx, &admin.caller, &signet_idp::admin::Expected::Any).await?;
        Ok(step::redirect(&format!("{PATH}?done=reset")))
    }
    .await;
    admin.answer(done)
}
