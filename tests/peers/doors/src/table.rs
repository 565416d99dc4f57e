//! The table that goes to docs/performance.md, and the arithmetic of medians.

use std::time::Duration;

/// Rows of figures.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// Adds a comparison of two sets of timings.
    pub fn compare(&mut self, what: &str, mut floor: Vec<Duration>, mut ours: Vec<Duration>) {
        let (floor_p50, ours_p50) = (quantile(&mut floor, 0.5), quantile(&mut ours, 0.5));
        let ratio = ours_p50.as_secs_f64() / floor_p50.as_secs_f64();
        let added = ours_p50.as_secs_f64() - floor_p50.as_secs_f64();
        self.rows.push([
            what.to_owned(),
            format!("{} / {}", micros(floor_p50), micros(quantile(&mut floor, 0.99))),
            format!("{} / {}", micros(ours_p50), micros(quantile(&mut ours, 0.99))),
            format!("{:+.1} µs", added * 1e6),
            format!("{ratio:.2} ×"),
        ]);
    }

    /// Adds a row of rates in calls a second, each with the processor time that the server took for a call, in microseconds.
    pub fn rates(&mut self, what: &str, floor: [f64; 2], ours: [f64; 2]) {
        let told = |[rate, cost]: [f64; 2]| format!("{rate:.0}/s, {cost:.1} µs");
        let (added, ratio) =
            (format!("{:+.1} µs", ours[1] - floor[1]), format!("{:.2} ×", ours[0] / floor[0]));
        self.rows.push([what.to_owned(), told(floor), told(ours), added, ratio]);
    }

    /// Adds a single figure.
    pub fn figure(&mut self, what: &str, figure: String) {
        self.rows.push([what.to_owned(), String::new(), figure, String::new(), String::new()]);
    }

    /// Prints the table as Markdown.
    pub fn print(&self) {
        println!("| what | floor p50 / p99 | Gitoma p50 / p99 | added at p50 | ratio |");
        println!("|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// The value below which `share` of the timings lie.
pub fn quantile(timings: &mut [Duration], share: f64) -> Duration {
    timings.sort_unstable();
    timings[((timings.len() - 1) as f64 * share) as usize]
}

fn micros(duration: Duration) -> String {
    format!("{:.1} µs", duration.as_secs_f64() * 1e6)
}
