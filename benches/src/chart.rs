//! The ratios as a picture: one bar a program, on a scale where twice as fast and half as fast are
//! equally far from stock's speed.

use std::fmt::Write as _;

use crate::programs::Group;
use crate::report::Table;

/// Pixels: of a row, of what stands left of the bars, of a factor of two, and around everything.
const ROW: f64 = 22.0;
const NAMES: f64 = 150.0;
const OCTAVE: f64 = 95.0;
const MARGIN: f64 = 16.0;

/// The factors of two on either side of 1 that are shown.
const SLOWEST: f64 = -2.0;
const FASTEST: f64 = 3.0;

/// The picture, as an SVG file: programs of processes, then sequential ones, each with their
/// geometric mean, against the first machine with the last number of schedulers. Programs without a
/// ratio are left out.
pub fn svg(table: &Table<'_>, heading: &str) -> String {
    let mut bars = Vec::new();
    let setting = table.schedulers.len() - 1;
    for (group, mean) in [
        (Group::Process, "processes, geometric mean"),
        (Group::Sequential, "sequential, geometric mean"),
    ] {
        let of_group = table.rows.iter().filter(|row| row.program.group == group);
        bars.extend(
            of_group
                .filter_map(|row| Some((row.program.name, table.ratio(row, setting, 0)?, false))),
        );
        let of_all = table.mean(Some(group), setting, 0);
        bars.extend(of_all.map(|(ratio, _)| (mean, ratio, true)));
    }
    let x = |ratio: f64| MARGIN + NAMES + (ratio.log2().clamp(SLOWEST, FASTEST) - SLOWEST) * OCTAVE;
    let top = MARGIN + 2.0 * ROW;
    let bottom = top + ROW * bars.len() as f64;
    let (width, height) = (x(f64::INFINITY) + 60.0, bottom + ROW + MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"{}\" font-size=\"14\">{heading}</text>\n",
        MARGIN + 12.0,
    );
    for octave in SLOWEST as i32..=FASTEST as i32 {
        let factor = f64::from(octave).exp2();
        let (at, colour) = (x(factor), if octave == 0 { "#444" } else { "#ddd" });
        let _ = writeln!(
            out,
            "<line x1=\"{at}\" y1=\"{top}\" x2=\"{at}\" y2=\"{bottom}\" stroke=\"{colour}\"/>\n\
             <text x=\"{at}\" y=\"{}\" text-anchor=\"middle\" fill=\"#444\">{factor}</text>",
            bottom + 16.0,
        );
    }
    for (i, (name, ratio, mean)) in bars.into_iter().enumerate() {
        let y = top + ROW * i as f64;
        let (from, to) = (x(ratio.min(1.0)), x(ratio.max(1.0)));
        let colour = match (ratio >= 1.0, mean) {
            (true, false) => "#3a8f5c",
            (true, true) => "#1f5e39",
            (false, false) => "#c9803a",
            (false, true) => "#8a5220",
        };
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\n\
             <rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{}\">{ratio:.2}</text>",
            MARGIN + NAMES - 8.0,
            y + 15.0,
            y + 4.0,
            to - from,
            ROW - 8.0,
            to + 5.0,
            y + 15.0,
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{program, table};

    #[test]
    fn bars_begin_at_stocks_speed_and_end_at_the_ratio() {
        let (fast, slow) =
            (program("fast", Group::Process, 1.0), program("slow", Group::Sequential, 1.0));
        let idle = program("idle", Group::Memory, 1.0);
        let table = table(&[
            (&fast, &[[4.0, 1.0, 1.0]]),
            (&slow, &[[1.0, 1.0, 2.0]]),
            (&idle, &[[2.0, 1.0, 1.0]]),
        ]);
        let picture = svg(&table, "ratios");
        let one = MARGIN + NAMES - SLOWEST * OCTAVE;
        assert!(picture.contains(&format!("<rect x=\"{one:.1}\"")), "{picture}");
        assert!(picture.contains(&format!("width=\"{:.1}\"", 2.0 * OCTAVE)), "{picture}");
        let half = one - OCTAVE;
        assert!(picture.contains(&format!("<rect x=\"{half:.1}\"")), "{picture}");
        assert!(picture.contains(">slow<") && !picture.contains(">idle<"), "{picture}");
    }
}
