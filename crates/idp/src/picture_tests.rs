use super::*;

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], name, content, b"crc!"].concat()
}

fn png_of(width: u32, height: u32, more: &[Vec<u8>]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let parts = [chunk(b"IHDR", &head), more.concat(), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")];
    [PNG.to_vec(), parts.concat()].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

fn jpeg_of(width: u16, height: u16, more: &[Vec<u8>]) -> Vec<u8> {
    let frame = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[3]].concat();
    let parts = [more.concat(), segment(0xdb, b"table"), segment(0xc0, &frame), segment(0xda, b"scan")];
    [b"\xff\xd8".to_vec(), parts.concat(), b"pixels\xff\x00\xff\xd9".to_vec()].concat()
}

fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut all = b"WEBP".to_vec();
    for (name, content) in chunks {
        all.extend_from_slice(*name);
        all.extend_from_slice(&u32::try_from(content.len()).unwrap().to_le_bytes());
        all.extend_from_slice(content);
        all.extend(std::iter::repeat_n(0, content.len() % 2));
    }
    [b"RIFF".to_vec(), u32::try_from(all.len()).unwrap().to_le_bytes().to_vec(), all].concat()
}

fn lossless(width: u32, height: u32) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14;
    [&[0x2f][..], &bits.to_le_bytes(), b"rest"].concat()
}

fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    [&[flags, 0, 0, 0][..], &(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat()
}

fn size(file: &[u8]) -> Result<(Kind, u32, u32), PictureError> {
    Picture::read(file).map(|picture| (picture.kind, picture.width, picture.height))
}

#[test]
fn sizes_are_read_from_the_head() {
    assert_eq!(size(&png_of(300, 40, &[])), Ok((Kind::Png, 300, 40)));
    assert_eq!(size(&jpeg_of(300, 40, &[])), Ok((Kind::Jpeg, 300, 40)));
    assert_eq!(size(&riff(&[(b"VP8L", lossless(300, 40))])), Ok((Kind::Webp, 300, 40)));
    let lossy =
        [&[0, 0, 0, 0x9d, 0x01, 0x2a][..], &300u16.to_le_bytes(), &40u16.to_le_bytes(), b"x"].concat();
    assert_eq!(size(&riff(&[(b"VP8 ", lossy)])), Ok((Kind::Webp, 300, 40)));
    let large = [(b"VP8X", canvas(0, 300, 40)), (b"VP8L", lossless(300, 40))];
    assert_eq!(size(&riff(&large)), Ok((Kind::Webp, 300, 40)));
}

#[test]
fn a_picture_that_would_burst_is_refused_undecoded() {
    for file in [
        png_of(u32::MAX, u32::MAX, &[]),
        png_of(30_000, 20, &[]),
        png_of(15, 40, &[]),
        png_of(0, 40, &[]),
        jpeg_of(65_535, 65_535, &[]),
        riff(&[(b"VP8L", lossless(16_384, 16_384))]),
        riff(&[(b"VP8X", canvas(0, 40, 40)), (b"VP8L", lossless(16_384, 40))]),
    ] {
        assert_eq!(size(&file), Err(PictureError::Size));
    }
    assert_eq!(size(&vec![0x89; MAX_BYTES + 1]), Err(PictureError::TooLarge));
}

#[test]
fn nothing_hides_in_or_behind_a_picture() {
    let script = b"<script>alert(1)</script>".to_vec();
    let keeps = |file: &[u8]| {
        let picture = Picture::read(file).unwrap();
        assert_eq!(Picture::read(&picture.bytes).unwrap().bytes, picture.bytes);
        picture.bytes.windows(script.len()).any(|window| window == script)
    };
    for name in [b"tEXt", b"iTXt", b"eXIf", b"abCd"] {
        assert!(!keeps(&png_of(40, 40, &[chunk(name, &script)])));
    }
    assert!(!keeps(&jpeg_of(40, 40, &[segment(0xfe, &script), segment(0xe1, &script)])));
    let chunks = [
        (b"VP8X", canvas(0b1100, 40, 40)),
        (b"VP8L", lossless(40, 40)),
        (b"EXIF", script.clone()),
        (b"XMP ", script.clone()),
    ];
    assert!(!keeps(&riff(&chunks)));
    for file in [png_of(40, 40, &[]), jpeg_of(40, 40, &[]), riff(&[(b"VP8L", lossless(40, 40))])] {
        assert_eq!(size(&[file, script.clone()].concat()), Err(PictureError::Broken));
    }
}

#[test]
fn what_is_no_still_picture_is_refused() {
    for file in [
        b"".to_vec(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        b"GIF89a".to_vec(),
        b"%PDF-1.7".to_vec(),
        b"RIFF\x04\0\0\0WAVE".to_vec(),
    ] {
        assert_eq!(size(&file), Err(PictureError::OtherKind));
    }
    assert_eq!(size(&png_of(40, 40, &[chunk(b"acTL", &[0; 8])])), Err(PictureError::Moves));
    assert_eq!(size(&riff(&[(b"VP8X", canvas(2, 40, 40))])), Err(PictureError::Moves));
    assert_eq!(size(&riff(&[(b"VP8L", lossless(40, 40)), (b"ANMF", vec![0; 16])])), Err(PictureError::Moves));
}

#[test]
fn no_prefix_and_no_changed_byte_does_more_than_fail() {
    let text = segment(0xfe, b"text");
    for file in [
        png_of(40, 40, &[chunk(b"tEXt", b"text")]),
        jpeg_of(40, 40, &[text]),
        riff(&[(b"VP8X", canvas(0, 40, 40)), (b"VP8L", lossless(40, 40)), (b"EXIF", vec![1; 5])]),
    ] {
        for end in 0..file.len() {
            assert!(Picture::read(&file[..end]).is_err(), "the first {end} bytes");
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = file.clone();
                changed[end] = value;
                let _ = Picture::read(&changed);
            }
        }
    }
}
