//! The limits over days: calls of the management API, throttled sign-ins, and what rate policies refused.

use super::drawings::{HOUR, bar_label};
use crate::console::admin::Admin;
use crate::console::failure::Result;
use crate::console::log::chart::percent;
use crate::console::log::events_url;
use crate::console::next;
use crate::console::words::{count, number};
use crate::html;
use axum::extract::RawQuery;
use axum::response::Response;
use signet_domain::Time;
use signet_domain::alert::SearchTerms;
use signet_domain::event::types;
use signet_idp::admin::{Access, Area};
use signet_idp::limits_past::PastHour;
use signet_idp::syslog::visible;
use signet_oauth::Params;
use signet_web::{Bar, Histogram, LimitsPast, Link, PastCaller, PastChart, Section, Tab};

pub(super) const PATH: &str = "/console/limits/past";

/// A span that can be chosen: its name in the address, in words, its hours, and the hours of a bar.
const SPANS: [(&str, &str, i64, i64); 3] =
    [("24h", "24 hours", 24, 1), ("7d", "7 days", 7 * 24, 3), ("30d", "30 days", 30 * 24, 12)];

pub(in crate::console) async fn get(admin: Admin, RawQuery(query): RawQuery) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let asked = params.get("range").unwrap_or("7d");
    let span = SPANS.into_iter().find(|(name, ..)| *name == asked).unwrap_or(SPANS[1]);
    admin.answer(show(&admin, span).await)
}

async fn show(admin: &Admin, (name, words, hours, step): (&str, &str, i64, i64)) -> Result<Response> {
    let past = admin.idp().limits_past(&admin.ctx, hours).await?;
    let sees_log = admin.may(Area::Logs, Access::Read);
    let bars = Bars { admin, step, hours: &past.hours };
    let throttled = SearchTerms { outcome: "throttled".to_owned(), ..SearchTerms::default() };
    let refused = SearchTerms { q: types::RATE_POLICY_REFUSED.name.to_owned(), ..SearchTerms::default() };
    let mut charts = vec![bars.calls()];
    if sees_log {
        charts.push(bars.refusals("Throttled sign-ins", |hour| hour.throttled, &throttled));
        charts.push(bars.refusals("Refused by rate policies", |hour| hour.by_policy, &refused));
    }
    let caller = |(id, name, calls): &(String, String, i64)| PastCaller {
        name: visible(name),
        url: sees_log.then(|| format!("/console/log?q={}&range=30d", next::encoded(id))),
        calls: number(*calls),
    };
    let tab = |(of, words, ..): &(&str, &str, i64, i64)| Tab {
        link: Link::new(*words, format!("{PATH}?range={of}")),
        current: *of == name,
    };
    Ok(html::page(&LimitsPast {
        console: admin.frame("Limits over time", Section::Limits),
        back: Link::new("Limits", "/console/limits"),
        tabs: SPANS.iter().map(tab).collect(),
        span: words.to_owned(),
        charts,
        callers: if admin.may(Area::Callers, Access::Read) {
            past.callers.iter().map(caller).collect()
        } else {
            Vec::new()
        },
        beyond: (!sees_log).then(|| {
            "What was refused stands here for whoever may read the log. Your role doesn’t reach it."
                .to_owned()
        }),
    }))
}

struct Bars<'a> {
    admin: &'a Admin,
    /// Hours of a bar.
    step: i64,
    hours: &'a [PastHour],
}

impl Bars<'_> {
    /// The hours of each bar: when it begins and ends, and its sums.
    fn each(&self, of: impl Fn(&PastHour) -> (i64, i64)) -> Vec<(Time, Time, i64, i64)> {
        let size = usize::try_from(self.step).unwrap_or(1).max(1);
        let sum = |hours: &[PastHour]| {
            let (first, last) = (hours.first()?, hours.last()?);
            let (all, bad) = hours.iter().map(&of).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
            Some((first.hour, Time(last.hour.0 + HOUR), all, bad))
        };
        self.hours.chunks(size).filter_map(sum).collect()
    }

    fn chart(&self, title: &str, sum: String, label: String, bars: Vec<Bar>) -> PastChart {
        let from = self.hours.first().map_or(self.admin.ctx.now, |hour| hour.hour);
        PastChart {
            title: title.to_owned(),
            sum,
            histogram: Histogram {
                label,
                bars,
                from: self.admin.zone().told(from, "%a %-d %b, %H:%M"),
                to: "now".to_owned(),
                legend: None,
            },
        }
    }

    fn calls(&self) -> PastChart {
        let each = self.each(|hour| (hour.calls + hour.over_quota, hour.over_quota));
        let most = each.iter().map(|(.., all, _)| *all).max().unwrap_or_default();
        let (all, over) = each.iter().fold((0, 0), |(a, b), (.., all, over)| (a + all, b + over));
        let bar = |(from, to, all, over): &(Time, Time, i64, i64)| {
            let calls = count(usize::try_from(all - over).unwrap_or_default(), "call");
            let refused = if *over > 0 { format!(", {} refused", number(*over)) } else { String::new() };
            Bar {
                href: None,
                height: percent(*all, most),
                refused: percent(*over, most),
                label: bar_label(self.admin.zone(), *from, *to, &format!("{calls}{refused}")),
            }
        };
        let sum = match (all - over, over) {
            (0, 0) => String::new(),
            (calls, 0) => number(calls),
            (calls, over) => format!("{}, and {} refused", number(calls), number(over)),
        };
        let bars = if most > 0 { each.iter().map(bar).collect() } else { Vec::new() };
        let label = "Calls of the management API; what the quota refused is marked".to_owned();
        self.chart("Calls of the management API", sum, label, bars)
    }

    fn refusals(&self, title: &str, of: fn(&PastHour) -> i64, terms: &SearchTerms) -> PastChart {
        let each = self.each(|hour| (of(hour), 0));
        let most = each.iter().map(|(.., all, _)| *all).max().unwrap_or_default();
        let bar = |(from, to, all, _): &(Time, Time, i64, i64)| {
            let height = percent(*all, most);
            let refused = format!("{} refused", number(*all));
            Bar {
                href: Some(events_url(terms, *from, *to)),
                height,
                refused: height,
                label: bar_label(self.admin.zone(), *from, *to, &refused),
            }
        };
        let sum: i64 = each.iter().map(|(.., all, _)| all).sum();
        let bars = if most > 0 { each.iter().map(bar).collect() } else { Vec::new() };
        let label = format!("{title}; a bar leads to its events");
        self.chart(title, if sum > 0 { number(sum) } else { String::new() }, label, bars)
    }
}
