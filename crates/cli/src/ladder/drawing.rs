use super::{Arrow, Ladder, Row};
use std::collections::BTreeMap;
use std::fmt::Write;

const MARGIN: usize = 24;
const HEAD: usize = 26;
/// From one arrow to the next, and what is more before somebody else speaks.
const ROW: usize = 22;
const TURN: usize = 8;
/// The height of a wait, and from the last arrow to it.
const GAP: usize = 34;
const TO_GAP: usize = 12;
/// About as wide as a letter of the font is at most on average.
const LETTER: f64 = 6.6;

const STYLE: &str = include_str!("style.css");

/// A drawing that grows downwards.
pub(super) struct Drawing<'a> {
    ladder: &'a Ladder,
    /// Where each column stands.
    x: Vec<usize>,
    /// Below this nothing is drawn yet.
    y: usize,
    /// Where the lines of the parties begin that are not drawn yet.
    lives_from: usize,
    /// Which columns have the audio, since where, in which class.
    talking: BTreeMap<usize, (usize, &'a str)>,
    /// In the order in which they cover each other.
    lives: String,
    talks: String,
    arrows: String,
}

impl<'a> Drawing<'a> {
    /// Columns stand as far apart as the labels between them are wide.
    pub fn of(ladder: &'a Ladder) -> Self {
        let columns = &ladder.columns;
        let pairs = columns.windows(2);
        let apart = |pair: &[String]| (letters(&pair[0]) + letters(&pair[1])) / 2 + 44;
        let mut gaps: Vec<usize> = pairs.map(|pair| apart(pair).max(110)).collect();
        for row in &ladder.rows {
            let Row::Arrow(arrow) = row else { continue };
            if let Some(gap) = gaps.get_mut(beside(ladder, arrow)) {
                *gap = (*gap).max(letters(&arrow.label) + 30);
            }
        }
        let mut x = vec![MARGIN + columns.first().map_or(0, |name| letters(name) / 2 + 16)];
        for gap in gaps {
            x.push(x.last().map_or(0, |last| last + gap));
        }
        let (top, lives_from) = (MARGIN + HEAD + 14, MARGIN + HEAD);
        let talking = BTreeMap::new();
        let [lives, talks, arrows] = [const { String::new() }; 3];
        Self { ladder, x, y: top, lives_from, talking, lives, talks, arrows }
    }

    pub fn row(&mut self, row: &'a Row) {
        match row {
            Row::Arrow(arrow) => self.arrow(arrow),
            Row::Wait(text) => {
                let from = self.y + TO_GAP;
                self.live_until(from, "life");
                self.live_until(from + GAP, "life waits");
                self.text("note label", (self.middle(), from + GAP / 2 + 4), text);
                self.y = from + GAP - 4;
            }
            Row::Restart => {
                let from = self.y + TO_GAP;
                self.live_until(from, "life");
                self.lives_from = from + GAP;
                for column in self.talking.keys().copied().collect::<Vec<_>>() {
                    self.silence(column, self.y);
                }
                let (y, to) = (from + GAP - 10, self.right());
                let _ = writeln!(
                    self.arrows,
                    "<line class=\"arrow bad refused\" x1=\"{MARGIN}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\"/>"
                );
                self.text("note label", (self.middle(), y - 7), "hookswitchd dies and comes back");
                self.y = from + GAP - 4;
            }
            Row::Talks(column, class) => {
                let y = self.y + ROW;
                self.silence(*column, y);
                if let Some(class) = class {
                    self.talking.insert(*column, (y, class));
                }
            }
        }
    }

    fn arrow(&mut self, arrow: &Arrow) {
        self.y += if arrow.speaks { ROW + TURN } else { ROW };
        let (y, core, party) = (self.y, self.x[self.ladder.core], self.x[arrow.party]);
        let (from, to) = if arrow.speaks { (party, core) } else { (core, party) };
        let low = beside(self.ladder, arrow);
        let middle = (self.x[low] + self.x[low + 1]) / 2;
        // The point stops short of the line that it points at.
        let (tip, neck, back) = if from < to { (to - 3, to - 9, -8) } else { (to + 3, to + 9, 8) };
        let class = arrow.class.as_str();
        let solid = class.split(' ').next().unwrap_or_default();
        let _ = writeln!(
            self.arrows,
            "<g><title>{}</title><line class=\"arrow {class}\" x1=\"{from}\" y1=\"{y}\" x2=\"{neck}\" y2=\"{y}\"/>\
             <path class=\"{solid}\" d=\"M{tip} {y} l{back} -4 v8 z\"/>\
             <text class=\"label\" x=\"{middle}\" y=\"{}\">{}</text></g>",
            escaped(&arrow.full),
            y - 6,
            escaped(&arrow.label),
        );
    }

    /// The lines of all parties, down to here.
    fn live_until(&mut self, to: usize, class: &str) {
        let from = std::mem::replace(&mut self.lives_from, to);
        for x in &self.x {
            let _ = writeln!(
                self.lives,
                "<line class=\"{class}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>"
            );
        }
    }

    /// Where an app had the audio, its line is thick.
    fn silence(&mut self, column: usize, to: usize) {
        let Some((from, class)) = self.talking.remove(&column) else { return };
        let x = self.x[column];
        let _ = writeln!(
            self.talks,
            "<line class=\"talks {class}\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>"
        );
    }

    fn text(&mut self, class: &str, (x, y): (usize, usize), text: &str) {
        let text = escaped(text);
        let _ = writeln!(self.arrows, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>");
    }

    /// The right edge of what is in columns.
    fn right(&self) -> usize {
        let half = self.ladder.columns.last().map_or(0, |name| letters(name) / 2 + 16);
        self.x.last().map_or(0, |last| last + half)
    }

    fn middle(&self) -> usize {
        (MARGIN + self.right()) / 2
    }

    /// The whole, with these lines of text below it.
    pub fn svg(mut self, title: &str, notes: &[String]) -> String {
        let bottom = self.y + ROW;
        for column in self.talking.keys().copied().collect::<Vec<_>>() {
            self.silence(column, bottom);
        }
        self.live_until(bottom, "life");
        for (at, note) in notes.iter().enumerate() {
            self.text("note", (MARGIN, bottom + 20 + at * 18), note);
        }
        let longest = notes.iter().map(|note| letters(note)).max().unwrap_or(0);
        let width = self.right().max(MARGIN + longest).max(320) + MARGIN;
        let height = bottom + 6 + notes.len() * 18 + MARGIN;
        let mut heads = String::new();
        for (name, x) in self.ladder.columns.iter().zip(&self.x) {
            let wide = letters(name) * 8 / 7 + 20;
            let _ = writeln!(
                heads,
                "<rect class=\"box\" x=\"{}\" y=\"{MARGIN}\" width=\"{wide}\" height=\"{HEAD}\" rx=\"5\"/>\n\
                 <text class=\"head\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                x.saturating_sub(wide / 2),
                MARGIN + 17,
                escaped(name),
            );
        }
        let Self { lives, talks, arrows, .. } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
             <title>{}</title>\n<desc>Drawn by hookswitch journal --svg.</desc>\n<style>\n{STYLE}</style>\n\
             <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
             {heads}{lives}{talks}{arrows}</svg>\n",
            escaped(title),
            width - 1,
            height - 1,
        )
    }
}

/// The column to whose right the label stands: beside the party, not across other lines.
fn beside(ladder: &Ladder, arrow: &Arrow) -> usize {
    if arrow.party < ladder.core { arrow.party } else { arrow.party - 1 }
}

/// How wide a text is, about.
fn letters(text: &str) -> usize {
    (text.chars().count() as f64 * LETTER) as usize
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
