//! Which languages a browser wants.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// Most languages that are looked at: nobody reads more.
const MOST: usize = 16;

/// The tags of `Accept-Language` with spaces between, the best first (RFC 9110 §12.5.4). What isn't a tag is left out.
pub(super) fn wanted(headers: &HeaderMap) -> String {
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    let mut tags: Vec<_> = lines.flat_map(|line| line.split(',')).filter_map(weighed).take(MOST).collect();
    // Of equal weight, the first comes first.
    tags.sort_by_key(|(_, thousandths)| std::cmp::Reverse(*thousandths));
    tags.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(" ")
}

/// A tag and its weight in thousandths; none for what isn't wanted at all.
fn weighed(item: &str) -> Option<(&str, u16)> {
    let (tag, weight) = item.split_once(';').unwrap_or((item, ""));
    let tag = tag.trim();
    let is_tag = (1..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let weight = match weight.trim().strip_prefix("q=") {
        Some(q) => q.trim().parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q))?,
        None => 1.0,
    };
    let thousandths = (weight * 1000.0) as u16;
    (is_tag && thousandths > 0).then_some((tag, thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn of(lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_static(line));
        }
        wanted(&headers)
    }

    #[test]
    fn the_best_comes_first() {
        assert_eq!(of(&["de-AT, de;q=0.9, en;q=0.5"]), "de-AT de en");
        assert_eq!(of(&["en;q=0.5, fr ; q=0.5, de; q=1.0"]), "de en fr");
        assert_eq!(of(&["en;q=0.5", "de"]), "de en", "over several lines");
        assert_eq!(of(&["en, de;q=0"]), "en", "not wanted at all");
    }

    #[test]
    fn what_is_no_tag_is_left_out() {
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["*, ;q=1, de;q=7, de;q=x, <b>, a b, en;q=NaN, ,fr"]), "fr");
        let many: &'static str = Box::leak("de,".repeat(1000).into_boxed_str());
        assert_eq!(of(&[many]).split(' ').count(), MOST);
    }
}
