//! What surrounds every page.

use askama::Template;

use crate::parts::{Csrf, Hidden, Link};
use crate::texts::{Language, Texts};

/// A stored choice of colours; without one the system's is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Ink on near-white.
    Light,
    /// The reverse.
    Dark,
}

impl Theme {
    /// As the `data-theme` attribute has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A tenant's logo, in the size in which it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Its address.
    pub url: String,
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether it stands for the name as well, as wide ones do.
    pub alone: bool,
}

impl Logo {
    /// Widest and highest that a logo is drawn.
    const BOX: (u32, u32) = (200, 40);

    /// From its address and its pixels.
    pub fn new(url: impl Into<String>, (width, height): (u32, u32)) -> Self {
        let (widest, highest) = Self::BOX;
        let (w, h) = (width.max(1), height.max(1));
        // The side that is too long by more decides; smaller pictures stay as they are.
        let scaled = if w * highest > h * widest {
            let w_drawn = w.min(widest);
            (w_drawn, (h * w_drawn).div_ceil(w))
        } else {
            let h_drawn = h.min(highest);
            ((w * h_drawn).div_ceil(h), h_drawn)
        };
        Self { url: url.into(), width: scaled.0, height: scaled.1, alone: w >= 2 * h }
    }
}

/// Whose page this is, and how it introduces itself.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The tenant's display name, or the operator's.
    pub tenant: String,
    /// The page's title, without the tenant.
    pub title: String,
    /// The language of the page.
    pub language: Language,
    /// A stored choice of colours.
    pub theme: Option<Theme>,
    /// The address of the tenant's stylesheet (`/brand/{hash}.css`).
    pub brand_css: Option<String>,
    /// The tenant's logo.
    pub logo: Option<Logo>,
    /// Where users find help: at the foot.
    pub help: Option<Link>,
    /// It is only looked at: nothing on it can be used.
    pub inert: bool,
    /// A quiet note at the foot, such as "Demo tenant".
    pub note: Option<String>,
    /// Whether the page's scripts ask the server for more: its policy lets them.
    pub asks: bool,
}

impl Shell {
    /// The shell of a tenant without a brand of its own.
    pub fn new(tenant: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            title: title.into(),
            language: Language::default(),
            theme: None,
            brand_css: None,
            logo: None,
            help: None,
            inert: false,
            note: None,
            asks: false,
        }
    }

    /// The same with scripts that ask the server for more.
    #[must_use]
    pub fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    /// The same in another language than English.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The same with a note at the foot.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The choice of colours, as its form names it.
    pub(crate) fn chosen_theme(&self) -> &'static str {
        self.theme.map_or("system", Theme::name)
    }

    /// The first letter of the tenant, for where there is no logo.
    pub(crate) fn initial(&self) -> String {
        self.tenant
            .chars()
            .find(|letter| letter.is_alphanumeric())
            .map_or_else(|| "S".to_owned(), |letter| letter.to_uppercase().collect())
    }
}

/// A place in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Today at a glance.
    Overview,
    /// Finding anything; no line of the navigation.
    Find,
    /// The system log.
    Log,
    /// What happens too often in the system log.
    Alerts,
    /// People.
    Users,
    /// People under one name.
    Groups,
    /// Applications.
    Apps,
    /// Authorization servers.
    Servers,
    /// Gateway profiles of authorization servers.
    Gateways,
    /// What a token is that somebody found.
    Inspector,
    /// Throttle, quota and rate policies.
    Limits,
    /// API tokens and credentials.
    Credentials,
    /// What is asked of passwords, and how long sessions last.
    Security,
    /// How the pages for users look.
    Branding,
    /// What holds for the whole tenant.
    Settings,
    /// The operator's first page.
    OperatorHome,
    /// The operator's tenants.
    Tenants,
}

impl Section {
    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Overview | Self::OperatorHome => "Overview",
            Self::Find => "Find",
            Self::Log => "System log",
            Self::Alerts => "Alerts",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Apps => "Apps",
            Self::Servers => "Authorization servers",
            Self::Gateways => "Gateways",
            Self::Inspector => "Token inspector",
            Self::Limits => "Limits",
            Self::Credentials => "API credentials",
            Self::Security => "Security",
            Self::Branding => "Branding",
            Self::Settings => "Settings",
            Self::Tenants => "Tenants",
        }
    }

    /// The name of its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Overview | Self::OperatorHome => "layout-dashboard",
            Self::Log => "scroll-text",
            Self::Alerts => "bell",
            Self::Users => "users",
            Self::Groups => "users-round",
            Self::Apps => "app-window",
            Self::Servers => "server",
            Self::Gateways => "log-in",
            Self::Find => "search",
            Self::Inspector => "ticket",
            Self::Limits => "gauge",
            Self::Credentials => "key-round",
            Self::Security => "shield-check",
            Self::Branding => "palette",
            Self::Settings => "settings",
            Self::Tenants => "building-2",
        }
    }

    /// Whether a gap goes before it, so that the lines read as three groups.
    pub(crate) fn starts_group(self) -> bool {
        matches!(self, Self::Users | Self::Limits)
    }
}

/// One line of the console's navigation. What isn't listed isn't shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// Which place: chooses label and icon.
    pub section: Section,
    /// Where it is.
    pub url: String,
    /// How much there waits for somebody.
    pub badge: Option<String>,
}

impl NavItem {
    /// From place and address.
    pub fn new(section: Section, url: impl Into<String>) -> Self {
        Self { section, url: url.into(), badge: None }
    }

    /// With how much there waits for somebody.
    #[must_use]
    pub fn badge(mut self, badge: impl Into<String>) -> Self {
        self.badge = Some(badge.into());
        self
    }
}

/// The frame of every page behind an administrator's sign-in. It has a sign-out form, and so needs a token.
#[derive(Debug, Clone)]
pub struct Console {
    /// Brand and title.
    pub shell: Shell,
    /// For the sign-out form and every other form of the page.
    pub csrf: Csrf,
    /// Who is signed in.
    pub login: String,
    /// Where the sign-out form posts to.
    pub sign_out: String,
    /// The zone of the times, and where another is chosen.
    pub zone: Option<Link>,
    /// Where light or dark is chosen (its name), and the page that this leads back to (its value).
    pub theme: Option<Hidden>,
    /// The places, in order.
    pub nav: Vec<NavItem>,
    /// The current place.
    pub current: Section,
    /// Something doesn't work as it should: a thin amber bar on every page.
    pub degraded: Option<String>,
    /// Confirms what was just saved: a line at the top of the page reached.
    pub notice: Option<String>,
}

/// A whole page.
pub trait Page: Template {
    /// Brand and title.
    fn shell(&self) -> &Shell;

    /// What the page says besides its values.
    fn texts(&self) -> &'static Texts {
        self.shell().language.texts()
    }

    /// The document. Fails only if a value's own formatting does.
    fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }
}

/// Says where a page keeps its shell.
macro_rules! page {
    ($($page:ty: $($field:ident).+;)+) => {
        $(impl $crate::shell::Page for $page {
            fn shell(&self) -> &$crate::shell::Shell {
                &self.$($field).+
            }
        })+
    };
}
pub(crate) use page;

#[cfg(test)]
mod tests {
    use super::Logo;

    #[test]
    fn a_logo_is_drawn_within_its_box_and_never_larger_than_it_is() {
        let drawn = |width, height| {
            let logo = Logo::new("/x", (width, height));
            (logo.width, logo.height, logo.alone)
        };
        assert_eq!(drawn(300, 50), (200, 34, true));
        assert_eq!(drawn(400, 200), (80, 40, true));
        assert_eq!(drawn(64, 64), (40, 40, false));
        assert_eq!(drawn(100, 16), (100, 16, true));
        assert_eq!(drawn(16, 1024), (1, 40, false));
    }
}
