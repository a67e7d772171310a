//! A tenant's colour, as a stylesheet of its own: under a strict policy nothing can be written into the page.

use std::fmt;

/// Contrast that a button needs with what surrounds it to be seen as one without a line around it (WCAG 2, 1.4.11).
const STANDS_OUT: f64 = 3.0;
/// The cards on which buttons stand, light and dark: slate 1 and, in the dark, slate 2.
const CARDS: [Colour; 2] = [Colour([0xfc, 0xfc, 0xfd]), Colour([0x18, 0x19, 0x1b])];

/// The stylesheet that replaces the primary button's colour (red, green, blue). Its text is black or white, whichever
/// reads better: one of both always reaches 4.5 (WCAG 2, 1.4.3), since no colour is far from either. Where the colour
/// is too close to the card, in light or in dark, the button gets a line around it.
pub fn brand_css(primary: [u8; 3]) -> String {
    let ground = Colour(primary);
    let (text, away) = match ground.contrast(Colour::WHITE) >= ground.contrast(Colour::BLACK) {
        true => ("#fff", Colour::BLACK),
        false => ("#000", Colour::WHITE),
    };
    // The pointer's shade moves away from the text, so it only ever reads better; a colour that can't move is left.
    let hover = ground.mix(away);
    let edge = |card: Colour| if ground.contrast(card) < STANDS_OUT { "var(--edge)" } else { "transparent" };
    let [light, dark] = CARDS.map(edge);
    // Twice `:root`, to go before the choices of either shade.
    format!(
        ":root:root{{--primary:{ground};--primary-hover:{hover};--primary-text:{text};--primary-edge:{light}}}\n\
         :root[data-theme=\"dark\"]{{--primary-edge:{dark}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme]){{--primary-edge:{dark}}}}}\n"
    )
}

#[derive(Debug, Clone, Copy)]
struct Colour([u8; 3]);

impl Colour {
    const WHITE: Self = Self([255; 3]);
    const BLACK: Self = Self([0; 3]);

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn mix(self, other: Self) -> Self {
        let mut mixed = self.0;
        for (channel, target) in mixed.iter_mut().zip(other.0) {
            *channel = ((u16::from(*channel) * 88 + u16::from(target) * 12) / 100) as u8;
        }
        Self(mixed)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of a sheet's button, and what is said of the line around it.
    fn text(css: &str) -> Colour {
        if css.contains("--primary-text:#fff") { Colour::WHITE } else { Colour::BLACK }
    }

    #[test]
    fn text_is_black_or_white_by_contrast_and_always_readable() {
        assert_eq!(text(&brand_css([0x3e, 0x63, 0xdd])).0, Colour::WHITE.0);
        assert_eq!(text(&brand_css([0xff, 0xc5, 0x3d])).0, Colour::BLACK.0);
        for value in (0..0x0100_0000_u32).step_by(4099) {
            let [_, red, green, blue] = value.to_be_bytes();
            let ground = Colour([red, green, blue]);
            let css = brand_css(ground.0);
            assert!(css.contains(&format!("--primary:{ground};")), "{css}");
            assert!(ground.contrast(text(&css)) >= 4.5, "{ground}");
            let away = if text(&css).0 == Colour::WHITE.0 { Colour::BLACK } else { Colour::WHITE };
            assert!(ground.mix(away).contrast(text(&css)) >= 4.5, "{ground} under the pointer");
        }
    }

    #[test]
    fn a_button_like_its_card_gets_a_line() {
        let lines = |colour| brand_css(colour).matches("var(--edge)").count();
        assert_eq!(lines([0x3e, 0x63, 0xdd]), 0, "stands out in both");
        assert_eq!(lines([255, 255, 255]), 1, "white on the light card");
        assert_eq!(
            lines([0, 0, 0]),
            2,
            "black on the dark card, said for the system and for the stored choice"
        );
    }
}
