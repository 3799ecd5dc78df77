use crate::measure::Figures;
use hookswitch::CallNumber;

/// Least share of the speech that must arrive, in percent.
const LEAST_PERCENT: f64 = 95.0;
/// What is sane at least where the demo gates: most of the speech arrived.
const SANE_PERCENT: f64 = 50.0;
/// What is sane at most where the demo gates.
const SANE_GAP_MS: u32 = 3_000;
/// Longest gap, in milliseconds.
const LONGEST_GAP_MS: u32 = 100;
/// Louder than this is not silent, in dB of full scale.
const SILENT_DBFS: f32 = -60.0;
/// Seconds of speech that must have been due for a share of it to mean anything.
const LEAST_SPEECH_S: f64 = 5.0;

/// What came of the story. In pairs, anna is first.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// From the command to dial until the other phone rang.
    pub dial_to_ring_us: u64,
    /// From the command to answer until each heard the other.
    pub answer_to_audible_us: [u64; 2],
    /// Whether the called phone's service could make sure which app it is.
    pub verified: bool,
    /// The first call's number on the called phone.
    pub first: Option<CallNumber>,
    /// How it ended there.
    pub first_ended: String,
    /// How the second call ended.
    pub second_ended: String,
    /// "Hold & accept" was offered for the second call.
    pub hold_offered: bool,
    /// The first call was on hold.
    pub held: bool,
    /// The second call was connected.
    pub accepted: bool,
    /// The first call came back by itself.
    pub resumed: bool,
    /// How often the first call's media paused.
    pub holds: usize,
    /// The loudest that each phone played of the first call during the hold.
    pub hold_loudest_dbfs: [f32; 2],
    /// What arrived: from anna to bob, from bob to anna.
    pub figures: [Figures; 2],
    /// Why the called phone's journal is no test that passes, if it is not.
    pub journal_fault: Option<String>,
    /// Each phone's list of recents.
    pub recents: Vec<(String, String)>,
}

impl Summary {
    /// What did not go as it must; nothing if all is well. When it gates other work, only what cannot be so on any
    /// machine counts: a machine that stands still for a moment is heard.
    pub fn failures(&self, gates: bool) -> Vec<String> {
        let (least, longest) = match gates {
            false => (LEAST_PERCENT, LONGEST_GAP_MS),
            true => (SANE_PERCENT, SANE_GAP_MS),
        };
        let mut failures = Vec::new();
        let mut must = |holds: bool, text: String| {
            if !holds {
                failures.push(text);
            }
        };
        for (figures, way) in self.figures.iter().zip(WAYS) {
            let (percent, gap) = (figures.percent(), figures.gap_ms());
            let text = format!("{percent:.1} % of the speech {way} arrived, not {least} %");
            must(percent >= least, text);
            let text = format!("a gap of {gap} ms {way}; {longest} ms are allowed");
            must(gap <= longest, text);
            let seconds = f64::from(figures.due) / 100.0;
            let text = format!("only {seconds:.1} s of speech were due {way}");
            must(seconds >= LEAST_SPEECH_S, text);
        }
        must(self.hold_offered, "\"hold & accept\" was not offered for the second call".to_owned());
        must(self.held && self.holds == 1, "the first call was not held once".to_owned());
        must(self.accepted, "the second call was not accepted".to_owned());
        must(self.resumed, "the first call did not resume by itself".to_owned());
        if let Some(fault) = &self.journal_fault {
            must(false, format!("bob's journal is no test that passes: {fault}"));
        }
        must(
            self.is_silent_on_hold() || gates,
            "the first call was not silent during the hold".to_owned(),
        );
        failures
    }

    /// What is not even plausible. Wide: this says that the figures are figures, not that they are good.
    pub fn oddities(&self) -> Vec<String> {
        let mut oddities = Vec::new();
        let mut time = |what: &str, us: u64| {
            if us == 0 || us > 10_000_000 {
                oddities.push(format!("{what}: {} ms is no figure", us / 1000));
            }
        };
        time("dial to ring", self.dial_to_ring_us);
        for us in self.answer_to_audible_us {
            time("answer to first audible sample", us);
        }
        for (figures, way) in self.figures.iter().zip(WAYS) {
            let plausible = |delay: &Option<f64>| delay.is_some_and(|ms| ms > 0.0 && ms < 1_200.0);
            if figures.delays_ms.len() != 2 || !figures.delays_ms.iter().all(plausible) {
                oddities.push(format!("the delays {way} are {:?}", figures.delays_ms));
            }
        }
        if !self.verified {
            oddities.push("Speakerbox was shown as unverified".to_owned());
        }
        for (who, recents) in &self.recents {
            if recents.trim().is_empty() {
                oddities.push(format!("{who}'s list of recents is empty"));
            }
        }
        oddities
    }

    fn is_silent_on_hold(&self) -> bool {
        self.hold_loudest_dbfs.iter().all(|level| level.is_finite() && *level <= SILENT_DBFS)
    }
}

/// The two ways, in the order of the figures.
const WAYS: [&str; 2] = ["from anna to bob", "from bob to anna"];

/// Prints both lists of recents and the table.
pub fn print_summary(summary: &Summary) {
    for (who, recents) in &summary.recents {
        println!("\n{who}'s recents");
        for line in recents.lines() {
            println!("  {line}");
        }
    }
    let ms = |us: u64| format!("{:.0} ms", us as f64 / 1000.0);
    let [anna, bob] = summary.answer_to_audible_us;
    let yes = |it: bool, what: &'static str| if it { what } else { "NOT as it should be" };
    let mut rows = vec![
        ("dial -> ring".to_owned(), ms(summary.dial_to_ring_us)),
        (
            "answer -> first audible sample".to_owned(),
            format!("anna {}, bob {}", ms(anna), ms(bob)),
        ),
    ];
    for (figures, way) in summary.figures.iter().zip(["anna -> bob", "bob -> anna"]) {
        let delays: Vec<String> = figures
            .delays_ms
            .iter()
            .map(|delay| delay.map_or("none".to_owned(), |ms| format!("{ms:.0}")))
            .collect();
        let row = format!(
            "{:.1} % of {:.1} s, longest gap {} ms, delay {} ms",
            figures.percent(),
            f64::from(figures.due) / 100.0,
            figures.gap_ms(),
            delays.join(" and "),
        );
        rows.push((format!("speech received, {way}"), row));
    }
    rows.push((
        "first call".to_owned(),
        format!(
            "{}, {}, {}; ended: {}",
            yes(summary.held, "held"),
            yes(summary.is_silent_on_hold(), "silent both ways"),
            yes(summary.resumed, "resumed by itself"),
            summary.first_ended.replace('_', " "),
        ),
    ));
    rows.push((
        "second call".to_owned(),
        format!(
            "{}; ended: {}",
            yes(summary.accepted && summary.hold_offered, "accepted with hold & accept"),
            summary.second_ended.replace('_', " "),
        ),
    ));
    let journal = yes(summary.journal_fault.is_none(), "replayed, says the same again");
    rows.push(("bob's journal".to_owned(), journal.to_owned()));
    let wide = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let wider = rows.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
    let rule = "-".repeat(wide + 2 + wider);
    println!("\n{rule}");
    for (name, value) in &rows {
        println!("{name:<wide$}  {value}");
    }
    println!("{rule}");
}
