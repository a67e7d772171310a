//! Drawings without inline style: every size is an SVG attribute in per cent, so they stretch with the page
//! while their text doesn't.

/// One interval of a histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The log narrowed to this interval, if it has what was counted.
    pub href: Option<String>,
    /// 0 to 100: the whole of the interval against the fullest one.
    pub height: u8,
    /// 0 to 100, on the same scale: the part that was refused or throttled.
    pub refused: u8,
    /// `14:00 to 14:15, 212 events, 7 refused`.
    pub label: String,
}

/// How something lies in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// What it shows, in words: `Events over time; a bar leads to its interval`.
    pub label: String,
    /// Oldest first. Without any nothing is drawn.
    pub bars: Vec<Bar>,
    /// The range's beginning, under the bars.
    pub from: String,
    /// Its end.
    pub to: String,
    /// What all the bars stand for, and their coloured parts, where there are both: `1,204 events`, `7 refused`.
    pub legend: Option<(String, String)>,
}

impl Histogram {
    pub(crate) fn placed(&self) -> Vec<Placed<'_>> {
        place(&self.bars)
    }

    /// Links make it a group of things; without them it is one picture.
    pub(crate) fn role(&self) -> &'static str {
        if self.bars.iter().any(|bar| bar.href.is_some()) { "group" } else { "img" }
    }
}

/// A rectangle in per cent of its drawing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: String,
    pub(crate) width: String,
    pub(crate) y: String,
    pub(crate) height: String,
}

impl Rect {
    /// A column standing on the ground, the `at`-th of `count`, with a sliver of space to its right.
    fn column(at: usize, count: usize, height: f64) -> Self {
        let step = 100.0 / count.max(1) as f64;
        let height = height.clamp(0.0, 100.0);
        Self {
            x: percent(at as f64 * step),
            width: percent(step * 0.78),
            y: percent(100.0 - height),
            height: percent(height),
        }
    }
}

/// A bar with its place.
pub(crate) struct Placed<'a> {
    pub(crate) bar: &'a Bar,
    pub(crate) all: Rect,
    pub(crate) refused: Rect,
    /// The whole column, for the pointer: a quiet hour is as easy to hit as a busy one.
    pub(crate) hit: Rect,
}

fn place(bars: &[Bar]) -> Vec<Placed<'_>> {
    let count = bars.len();
    bars.iter()
        .enumerate()
        .map(|(at, bar)| Placed {
            bar,
            // Something is never drawn as nothing.
            all: Rect::column(at, count, f64::from(if bar.height > 0 { bar.height.max(3) } else { 0 })),
            refused: Rect::column(at, count, f64::from(if bar.refused > 0 { bar.refused.max(3) } else { 0 })),
            hit: Rect::column(at, count, 100.0),
        })
        .collect()
}

/// The columns of a sparkline, scaled to its largest value.
pub(crate) fn spark(values: &[u64]) -> Vec<Rect> {
    let top = values.iter().copied().max().unwrap_or_default().max(1) as f64;
    let height = |value: u64| if value == 0 { 4.0 } else { (value as f64 / top * 100.0).max(8.0) };
    values.iter().enumerate().map(|(at, value)| Rect::column(at, values.len(), height(*value))).collect()
}

/// The filled part of a meter.
pub(crate) fn share(used: u64, limit: u64) -> String {
    percent((used as f64 / limit.max(1) as f64 * 100.0).clamp(0.0, 100.0))
}

/// One admitted attempt of a throttle's window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripAttempt {
    /// Microseconds since the window's first attempt.
    pub offset_us: u64,
    /// `14:02:07.021`.
    pub at: String,
    /// The app it came through.
    pub app: String,
    /// The address it came from.
    pub from: String,
    /// `wrong password`.
    pub result: String,
    /// Its own event.
    pub url: Option<String>,
}

/// A refusal by a sliding window, drawn to scale: the attempts that filled it, the refused one, and the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throttle {
    /// What the window had admitted, oldest first. Offsets below are from the first of these.
    pub attempts: Vec<StripAttempt>,
    /// When the refused attempt came.
    pub refused_us: u64,
    /// The same, to be read: `07.413`.
    pub refused_at: String,
    /// When the next attempt could be admitted.
    pub frees_us: u64,
    /// The same, to be read: `08.021`.
    pub frees_at: String,
    /// The first attempt's time, to be read: `07.021`.
    pub first_at: String,
}

/// A dot of the strip, and where its number goes.
pub(crate) struct Dot {
    pub(crate) number: usize,
    pub(crate) x: String,
    pub(crate) label_x: String,
}

impl Throttle {
    /// Left and right margins leave room for the outer labels, in per cent.
    const MARGIN: f64 = 3.0;
    /// Numbers closer than this would run into each other.
    const APART: f64 = 4.0;

    fn at(&self, offset: u64) -> f64 {
        let end = self.attempts.iter().map(|attempt| attempt.offset_us).max().unwrap_or_default();
        let end = end.max(self.frees_us).max(self.refused_us).max(1);
        Self::MARGIN + offset as f64 / end as f64 * (100.0 - 2.0 * Self::MARGIN)
    }

    pub(crate) fn dots(&self) -> Vec<Dot> {
        let mut free_from = 0.0_f64;
        self.attempts
            .iter()
            .enumerate()
            .map(|(index, attempt)| {
                let x = self.at(attempt.offset_us);
                let label = x.max(free_from);
                free_from = label + Self::APART;
                Dot { number: index + 1, x: percent(x), label_x: percent(label) }
            })
            .collect()
    }

    pub(crate) fn start(&self) -> String {
        percent(self.at(0))
    }

    pub(crate) fn refused_x(&self) -> String {
        percent(self.at(self.refused_us))
    }

    pub(crate) fn frees_x(&self) -> String {
        percent(self.at(self.frees_us))
    }

    /// The refused attempt's time goes where it doesn't meet the outer two.
    pub(crate) fn refused_label_x(&self) -> String {
        percent(self.at(self.refused_us).clamp(32.0, 66.0))
    }
}

/// A refusal by a window that counts, drawn to scale: its beginning, the refusal, its end, and the release, which
/// may come later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedWindow {
    /// Microseconds from the window's beginning to its end, and so below.
    pub length_us: u64,
    /// When it was refused.
    pub refused_us: u64,
    /// When the next can pass.
    pub frees_us: u64,
    /// Its beginning, to be read: `14:02:00`.
    pub begins_at: String,
    /// When it was refused, to be read.
    pub refused_at: String,
    /// When the next can pass, to be read.
    pub frees_at: String,
    /// What was counted, how often, how much is allowed: a label and a value each.
    pub facts: Vec<(&'static str, String)>,
}

impl CountedWindow {
    /// Room for the outer labels, in per cent.
    const MARGIN: f64 = 3.0;

    fn at(&self, offset: u64) -> String {
        let end = self.length_us.max(self.frees_us).max(self.refused_us).max(1);
        percent(Self::MARGIN + offset as f64 / end as f64 * (100.0 - 2.0 * Self::MARGIN))
    }

    pub(crate) fn start_x(&self) -> String {
        self.at(0)
    }

    pub(crate) fn end_x(&self) -> String {
        self.at(self.length_us)
    }

    pub(crate) fn refused_x(&self) -> String {
        self.at(self.refused_us)
    }

    pub(crate) fn frees_x(&self) -> String {
        self.at(self.frees_us)
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_inside_and_nothing_divides_by_zero() {
        assert!(spark(&[]).is_empty());
        assert_eq!(spark(&[0, 0]).len(), 2);
        assert_eq!(share(7, 0), "100.00%");
        assert_eq!(share(6_000, 5_000), "100.00%");
        assert_eq!(share(0, 5_000), "0.00%");
        let full = Rect::column(3, 4, 250.0);
        assert_eq!((full.y.as_str(), full.height.as_str()), ("0.00%", "100.00%"));
    }

    #[test]
    fn a_wait_longer_than_the_window_stays_on_the_drawing() {
        let window = CountedWindow {
            length_us: 30,
            refused_us: 7,
            frees_us: 45,
            begins_at: String::new(),
            refused_at: String::new(),
            frees_at: String::new(),
            facts: Vec::new(),
        };
        assert_eq!([window.start_x(), window.frees_x()], ["3.00%", "97.00%"]);
        assert_eq!([window.refused_x(), window.end_x()], ["17.62%", "65.67%"]);
    }

    #[test]
    fn numbers_of_a_burst_keep_their_distance() {
        let attempt = |offset_us| StripAttempt {
            offset_us,
            at: String::new(),
            app: String::new(),
            from: String::new(),
            result: String::new(),
            url: None,
        };
        let strip = Throttle {
            attempts: [0, 1, 2, 3].map(attempt).to_vec(),
            refused_us: 4,
            refused_at: String::new(),
            frees_us: 1_000_000,
            frees_at: String::new(),
            first_at: String::new(),
        };
        let labels: Vec<_> = strip.dots().into_iter().map(|dot| dot.label_x).collect();
        assert_eq!(labels, ["3.00%", "7.00%", "11.00%", "15.00%"]);
    }
}
