//! A tenant's colour, as a stylesheet of its own: under a strict policy nothing can be written into the page.

use std::fmt;

/// Contrast that text needs on its ground (WCAG 2, AA).
const READABLE: f64 = 4.5;

/// Why a colour can't be a button.
#[derive(Debug, Clone, PartialEq)]
pub enum BrandError {
    /// Not `#rgb` or `#rrggbb`.
    NotAColour,
    /// Neither black nor white text would be readable on it, at rest and under the pointer.
    TooLittleContrast {
        /// The better of the two ratios.
        ratio: f64,
    },
}

impl fmt::Display for BrandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAColour => write!(out, "A colour is written as # and six digits, such as #3e63dd."),
            Self::TooLittleContrast { ratio } => {
                write!(out, "Text on this colour reaches a contrast of {ratio:.1}; it takes 4.5 to be read.")
            }
        }
    }
}

impl std::error::Error for BrandError {}

/// The stylesheet that replaces the primary button's colour, with black or white text, whichever reads better.
///
/// Nothing of the input is copied into the result: it is parsed and written anew.
pub fn brand_css(primary: &str) -> Result<String, BrandError> {
    let ground = Colour::parse(primary).ok_or(BrandError::NotAColour)?;
    let (white, black) = (ground.contrast(Colour::WHITE), ground.contrast(Colour::BLACK));
    let (text, ratio, towards) =
        if white >= black { ("#fff", white, Colour::BLACK) } else { ("#000", black, Colour::WHITE) };
    if ratio < READABLE {
        return Err(BrandError::TooLittleContrast { ratio });
    }
    // The pointer's shade moves away from the text, so it only ever reads better.
    let hover = ground.mix(towards);
    Ok(format!(":root{{--primary:{ground};--primary-hover:{hover};--primary-text:{text}}}\n"))
}

#[derive(Debug, Clone, Copy)]
struct Colour([u8; 3]);

impl Colour {
    const WHITE: Self = Self([255; 3]);
    const BLACK: Self = Self([0; 3]);

    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        match digits.len() {
            6 => Some(Self([red, green, blue])),
            3 => Some(Self([8, 4, 0].map(|shift| ((value >> shift & 15) * 17) as u8))),
            _ => None,
        }
    }

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

    #[test]
    fn text_is_black_or_white_by_contrast() {
        assert!(brand_css("#3e63dd").is_ok_and(|css| css.contains("--primary-text:#fff")));
        assert!(brand_css("#ffc53d").is_ok_and(|css| css.contains("--primary-text:#000")));
        assert!(brand_css("#fff").is_ok_and(|css| css.contains("--primary:#ffffff")));
    }

    #[test]
    fn what_is_no_colour_is_refused_and_never_copied() {
        for text in ["", "red", "#12", "#12345", "#+12345", "#1234567", "#fff}body{display:none", "#ггг"] {
            assert_eq!(brand_css(text), Err(BrandError::NotAColour), "{text}");
        }
    }

    #[test]
    fn every_accepted_colour_is_readable() {
        for value in (0..0x0100_0000_u32).step_by(4099) {
            let text = format!("#{value:06x}");
            let colour =
                Colour::parse(&text).map(|c| c.contrast(Colour::WHITE).max(c.contrast(Colour::BLACK)));
            assert_eq!(brand_css(&text).is_ok(), colour.is_some_and(|ratio| ratio >= READABLE), "{text}");
        }
    }
}
