//! Charts without text, as SVG: a bar, and a series of bars. What they show is also written beside them.

use maud::{Markup, html};

/// Returns a bar that is filled up to a share from 0 to 1.
pub(super) fn bar(share: f64) -> Markup {
    let width = format!("{:.2}", share.clamp(0.0, 1.0) * 100.0);
    html! {
        svg.bar viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.rest width="100" height="6" {}
            rect.fill width=(width) height="6" {}
        }
    }
}

/// Returns a bar for each value, and a line at the limit if there is one. The tallest value or the limit is the full height.
pub(super) fn series(values: &[f64], limit: Option<f64>) -> Markup {
    let top = values.iter().copied().chain(limit).fold(f64::MIN_POSITIVE, f64::max);
    let rects = values.iter().enumerate().map(|(at, value)| {
        let height = (value / top * 100.0).max(0.5);
        let class = if limit.is_some_and(|limit| *value > limit) { "fill bad" } else { "fill" };
        html! { rect class=(class) x={ (at * 10 + 1) } y=(format!("{:.2}", 100.0 - height)) width="8" height=(format!("{height:.2}")) {} }
    });
    let width = (values.len() * 10).max(10);
    html! {
        svg.plot viewBox={ "0 0 " (width) " 100" } preserveAspectRatio="none" aria-hidden="true" {
            line.axis x1="0" x2=(width) y1="100" y2="100" {}
            @for rect in rects { (rect) }
            @if let Some(limit) = limit {
                @let y = format!("{:.2}", 100.0 - limit / top * 100.0);
                line.limit x1="0" x2=(width) y1=(y) y2=(y) {}
            }
        }
    }
}
