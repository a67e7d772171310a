//! Pictures that strangers will be shown: PNG, JPEG and WebP, told by their bytes and never by their name.
//!
//! Nothing is decoded. The containers are walked part by part, which gives the size that the picture claims, finds
//! what stands behind its end, and leaves out what isn't needed to draw it: comments, and where a photo was taken.

use std::fmt;

/// Most bytes of a file: it is part of every sign-in page.
pub const MAX_BYTES: usize = 64 * 1024;
/// Least pixels of either side.
pub const MIN_SIDE: u32 = 16;
/// Most pixels of either side: what a browser must hold once it has decoded them.
pub const MAX_SIDE: u32 = 1024;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What a PNG is drawn from.
const PNG_CHUNKS: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP",
    b"pHYS",
];
/// What a WebP is drawn from.
const WEBP_CHUNKS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl Kind {
    /// The media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The kind of a media type.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        let known = [Self::Png, Self::Jpeg, Self::Webp];
        known.into_iter().find(|kind| kind.content_type().eq_ignore_ascii_case(content_type.trim()))
    }
}

/// A still picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it is.
    pub kind: Kind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it is drawn from.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} × {} pixels", self.kind, self.width, self.height)
    }
}

/// Why a file is no picture that may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Too many bytes.
    #[error("must be a file of at most 64 KiB; save it smaller")]
    TooLarge,
    /// Something else. SVG is a document with scripts and not a picture.
    #[error("must be a PNG, JPEG or WebP file; SVG can carry scripts, so save it as PNG")]
    OtherKind,
    /// Begins like a picture and isn't one, or has something behind its end.
    #[error("must be a whole picture and nothing else; save it anew")]
    Broken,
    /// It moves.
    #[error("must be a still picture; save its first frame")]
    Moves,
    /// Too small or too large to be drawn.
    #[error("must have 16 to 1024 pixels on either side")]
    Size,
}

impl Picture {
    /// Reads a file.
    ///
    /// # Errors
    /// [`PictureError`].
    pub fn read(file: &[u8]) -> Result<Self, PictureError> {
        if file.len() > MAX_BYTES {
            return Err(PictureError::TooLarge);
        }
        let picture = if file.starts_with(PNG) {
            png(file)
        } else if file.starts_with(b"\xff\xd8\xff") {
            jpeg(file)
        } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
            webp(file)
        } else {
            Err(PictureError::OtherKind)
        }?;
        let fits = |side: u32| (MIN_SIDE..=MAX_SIDE).contains(&side);
        if fits(picture.width) && fits(picture.height) { Ok(picture) } else { Err(PictureError::Size) }
    }
}

/// Takes the first so many bytes off.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], PictureError> {
    let (taken, after) = rest.split_at_checked(count).ok_or(PictureError::Broken)?;
    *rest = after;
    Ok(taken)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Length, name, content, checksum; the first chunk has the size (W3C PNG §5.3, §11.2).
fn png(file: &[u8]) -> Result<Picture, PictureError> {
    let mut rest = &file[PNG.len()..];
    let (mut bytes, mut size) = (PNG.to_vec(), None);
    loop {
        let whole = rest;
        let length = number(take(&mut rest, 4)?) as usize;
        let name = take(&mut rest, 4)?;
        let content = take(&mut rest, length)?;
        take(&mut rest, 4)?;
        match (name, size) {
            (b"IHDR", None) if length == 13 => size = Some((number(&content[..4]), number(&content[4..8]))),
            (b"IHDR", _) | (_, None) => return Err(PictureError::Broken),
            (b"acTL", _) => return Err(PictureError::Moves),
            _ => {}
        }
        if PNG_CHUNKS.iter().any(|known| *known == name) {
            bytes.extend_from_slice(&whole[..length + 12]);
        }
        if name == b"IEND" {
            break;
        }
    }
    let (width, height) = size.filter(|_| rest.is_empty()).ok_or(PictureError::Broken)?;
    Ok(Picture { kind: Kind::Png, width, height, bytes })
}

/// Segments and scans in turn up to the end's marker (ITU T.81 §B.1).
fn jpeg(file: &[u8]) -> Result<Picture, PictureError> {
    let mut rest = &file[2..];
    let (mut bytes, mut size) = (file[..2].to_vec(), None);
    loop {
        let whole = rest;
        let marker = take(&mut rest, 2)?;
        let (0xff, marker) = (marker[0], marker[1]) else { return Err(PictureError::Broken) };
        if marker == 0xd9 {
            bytes.extend_from_slice(&[0xff, marker]);
            break;
        }
        let length = number(rest.get(..2).ok_or(PictureError::Broken)?) as usize;
        let content = take(&mut rest, length.max(2))?;
        match marker {
            // Frames; the three others between them are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let sides = content.get(3..7).filter(|_| size.is_none()).ok_or(PictureError::Broken)?;
                size = Some((number(&sides[2..]), number(&sides[..2])));
            }
            0xda => {
                let end = end_of_scan(rest).ok_or(PictureError::Broken)?;
                take(&mut rest, end)?;
            }
            // Comments, and what cameras and programs write about the picture; 0, 2 and 14 say how to draw it.
            0xfe | 0xe1 | 0xe3..=0xed | 0xef => continue,
            0xc4 | 0xcc | 0xdb | 0xdd | 0xe0 | 0xe2 | 0xee => {}
            _ => return Err(PictureError::Broken),
        }
        bytes.extend_from_slice(&whole[..whole.len() - rest.len()]);
    }
    let (width, height) = size.filter(|_| rest.is_empty()).ok_or(PictureError::Broken)?;
    Ok(Picture { kind: Kind::Jpeg, width, height, bytes })
}

/// How far a scan goes: up to a marker that is no restart.
fn end_of_scan(data: &[u8]) -> Option<usize> {
    data.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7))
}

/// Name, length, content, and a byte of padding where the length is odd (RFC 9649 §2.3).
fn webp(file: &[u8]) -> Result<Picture, PictureError> {
    if little(&file[4..8]) as usize != file.len() - 8 {
        return Err(PictureError::Broken);
    }
    let mut rest = &file[12..];
    let (mut bytes, mut size) = (file[..12].to_vec(), None);
    while !rest.is_empty() {
        let whole = rest;
        let name = take(&mut rest, 4)?;
        let length = little(take(&mut rest, 4)?) as usize;
        let content = take(&mut rest, length)?;
        take(&mut rest, length % 2)?;
        let claimed = match name {
            b"VP8X" => {
                let flags = content.first().filter(|_| length == 10).ok_or(PictureError::Broken)?;
                if flags & 2 != 0 {
                    return Err(PictureError::Moves);
                }
                Some((little(&content[4..7]) + 1, little(&content[7..10]) + 1))
            }
            b"ANIM" | b"ANMF" => return Err(PictureError::Moves),
            b"VP8L" => lossless_size(content),
            b"VP8 " => lossy_size(content),
            _ => None,
        };
        // A picture in a larger canvas is drawn at its own size.
        size = size.max(claimed);
        if WEBP_CHUNKS.iter().any(|known| *known == name) {
            let at = bytes.len();
            bytes.extend_from_slice(&whole[..8 + length + length % 2]);
            if name == b"VP8X" {
                // What was left out isn't announced either: Exif and XMP.
                bytes[at + 8] &= !0b1100;
            }
        }
    }
    let (width, height) = size.ok_or(PictureError::Broken)?;
    let length = u32::try_from(bytes.len() - 8).map_err(|_| PictureError::Broken)?;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    Ok(Picture { kind: Kind::Webp, width, height, bytes })
}

fn lossless_size(content: &[u8]) -> Option<(u32, u32)> {
    let bits = content.get(..5).filter(|head| head[0] == 0x2f).map(|head| little(&head[1..]))?;
    Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
}

fn lossy_size(content: &[u8]) -> Option<(u32, u32)> {
    let head = content.get(..10).filter(|head| head[3..6] == [0x9d, 0x01, 0x2a])?;
    Some((little(&head[6..8]) & 0x3fff, little(&head[8..10]) & 0x3fff))
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
