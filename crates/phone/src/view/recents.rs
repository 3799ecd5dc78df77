//! The list of calls that were: grouped by day, and by the same caller in a row.

use super::isolated;
use crate::tongue::{tr, tr_with};
use hookswitch::{AppId, Date, Dial, Direction, Recent};

/// A date as the user's clock and calendar have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Days since some day, by the user's midnight.
    pub day: i64,
    /// The day in words.
    pub date: String,
    /// The time of day.
    pub time: String,
}

/// What is on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// `Today`, `Yesterday`, or the date.
    pub title: String,
    /// The calls of it, newest first.
    pub rows: Vec<Row>,
}

/// Calls in a row with the same one, through the same app, in the same direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who it was, and how often.
    pub title: String,
    /// The name alone: for its letters, if it is one.
    pub name: String,
    /// Whether it is a name, not a number.
    pub has_name: bool,
    /// What kind of call, the app, and when it last was.
    pub detail: String,
    /// The name of the icon of its direction.
    pub icon: &'static str,
    /// Whether it was missed.
    pub missed: bool,
    /// Call back, through the same app and account.
    pub dial: Dial,
    /// What the button that does is called.
    pub call: String,
}

/// The days of these lines, which come newest first. What still goes on is not among what was.
pub fn days(
    lines: &[Recent],
    app_name: &dyn Fn(&AppId) -> String,
    moment: &dyn Fn(Date) -> Moment,
    today: i64,
) -> Vec<Day> {
    let over: Vec<&Recent> = lines.iter().filter(|line| line.ended.is_some()).collect();
    let day = |line: &Recent| moment(line.started).day;
    let by_day = over.chunk_by(|one, other| day(one) == day(other));
    let of_day = |lines: &[&Recent]| {
        let rows = lines.chunk_by(|one, other| is_same(one, other));
        let rows = rows.map(|same| Row::of(same[0], same.len(), app_name, moment)).collect();
        Day { title: title(&moment(lines[0].started), today), rows }
    };
    by_day.map(of_day).collect()
}

fn is_same(one: &Recent, other: &Recent) -> bool {
    let of = |line: &Recent| (line.app.clone(), line.direction, line.missed, line.handle.kind);
    of(one) == of(other) && one.handle.value == other.handle.value
}

fn title(moment: &Moment, today: i64) -> String {
    match today - moment.day {
        0 => tr("Today"),
        1 => tr("Yesterday"),
        _ => moment.date.clone(),
    }
}

impl Row {
    fn of(
        newest: &Recent,
        count: usize,
        app_name: &dyn Fn(&AppId) -> String,
        moment: &dyn Fn(Date) -> Moment,
    ) -> Self {
        let who = newest.who();
        let has_name = who != newest.handle.value;
        let name = if has_name { who.to_owned() } else { isolated(who) };
        let app = app_name(&newest.app);
        let mut handle = newest.handle.clone();
        if handle.display_name.is_none() {
            handle.display_name.clone_from(&newest.name);
        }
        let mut dial = Dial::new(newest.app.clone(), handle);
        dial.account = Some(newest.account.clone());
        dial.video = newest.video;
        Self {
            title: match count {
                1 => name.clone(),
                _ => tr_with("{} ({})", &[&name, &count.to_string()]),
            },
            detail: format!("{} · {app} · {}", kind(newest), moment(newest.started).time),
            icon: icon(newest),
            missed: newest.missed,
            call: match newest.video {
                true => tr_with("Video call {} with {}", &[&name, &app]),
                false => tr_with("Call {} with {}", &[&name, &app]),
            },
            dial,
            name,
            has_name,
        }
    }
}

/// What kind of call it was, in words: nothing is said by colour alone.
fn kind(line: &Recent) -> String {
    match (line.missed, line.direction, line.video, line.connected.is_some()) {
        (true, _, false, _) => tr("Missed call"),
        (true, _, true, _) => tr("Missed video call"),
        (_, Direction::Incoming, false, true) => tr("Incoming call"),
        (_, Direction::Incoming, true, true) => tr("Incoming video call"),
        (_, Direction::Incoming, _, false) => tr("Declined or taken elsewhere"),
        (_, Direction::Outgoing, false, true) => tr("Outgoing call"),
        (_, Direction::Outgoing, true, true) => tr("Outgoing video call"),
        (_, Direction::Outgoing, _, false) => tr("Outgoing call, not answered"),
    }
}

fn icon(line: &Recent) -> &'static str {
    match (line.missed, line.direction) {
        (true, _) => "call-missed-symbolic",
        (false, Direction::Incoming) => "go-bottom-symbolic",
        (false, Direction::Outgoing) => "go-top-symbolic",
    }
}

/// What an empty list says: a title, and what comes here.
pub fn empty(missed: bool) -> (String, String) {
    match missed {
        true => (tr("No Missed Calls"), tr("Calls that you miss are shown here.")),
        false => (tr("No Calls Yet"), tr("Calls of all apps are shown here.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookswitch_bus::RecentsRecord;

    const DAY: i64 = 86_400_000;

    fn line(handle: &str, at: i64) -> RecentsRecord {
        RecentsRecord {
            app_id: "org.example.Chat".to_owned(),
            account: "work".to_owned(),
            direction: "incoming".to_owned(),
            handle: handle.to_owned(),
            handle_kind: "phone_number".to_owned(),
            started: at,
            connected: Some(at),
            ended: Some(at + 1),
            ..RecentsRecord::default()
        }
    }

    fn missed(handle: &str, at: i64) -> RecentsRecord {
        RecentsRecord { missed: true, connected: None, ..line(handle, at) }
    }

    fn shown(lines: Vec<RecentsRecord>) -> Vec<Day> {
        let lines: Vec<Recent> = lines.into_iter().map(Recent::from).collect();
        let moment = |date: Date| Moment {
            day: date.0 / DAY,
            date: format!("day {}", date.0 / DAY),
            time: format!("{} ms", date.0 % DAY),
        };
        days(&lines, &|_| "Chat".to_owned(), &moment, 9)
    }

    #[test]
    fn calls_are_grouped_by_day_and_caller() {
        let days = shown(vec![
            line("1", 9 * DAY + 4),
            line("1", 9 * DAY + 3),
            line("2", 9 * DAY + 2),
            line("1", 9 * DAY + 1),
            line("1", 8 * DAY),
            line("1", 5 * DAY),
        ]);
        let titles: Vec<(&str, Vec<&str>)> = days
            .iter()
            .map(|day| (&*day.title, day.rows.iter().map(|row| &*row.title).collect()))
            .collect();
        let one = "\u{2066}1\u{2069}";
        assert_eq!(
            titles,
            [
                ("Today", vec!["\u{2066}1\u{2069} (2)", "\u{2066}2\u{2069}", one]),
                ("Yesterday", vec![one]),
                ("day 5", vec![one]),
            ]
        );
        assert_eq!(days[0].rows[0].detail, "Incoming call · Chat · 4 ms");
    }

    #[test]
    fn missed_ones_are_not_among_answered_ones() {
        let days = shown(vec![missed("1", 9 * DAY + 1), line("1", 9 * DAY)]);
        let rows = &days[0].rows;
        assert_eq!(rows.len(), 2);
        assert!(rows[0].missed && !rows[1].missed);
        assert!(rows[0].detail.starts_with("Missed call · Chat"));
        assert_ne!(rows[0].icon, rows[1].icon);
    }

    #[test]
    fn a_row_calls_back_as_it_was_called() {
        let record =
            RecentsRecord { name: Some("Anna".to_owned()), has_video: true, ..line("1", 0) };
        let days = shown(vec![record]);
        let row = &days[0].rows[0];
        assert_eq!((row.name.as_str(), row.has_name), ("Anna", true));
        assert_eq!(row.call, "Video call Anna with Chat");
        assert_eq!(row.dial.app.to_string(), "org.example.Chat");
        assert_eq!(row.dial.account.as_ref().map(ToString::to_string).as_deref(), Some("work"));
        assert_eq!(row.dial.handle.display_name.as_deref(), Some("Anna"));
        assert!(row.dial.video);
    }

    #[test]
    fn an_emergency_call_is_not_called_back_as_one() {
        let record = RecentsRecord { emergency: Some(true), ..line("112", 0) };
        assert!(!shown(vec![record])[0].rows[0].dial.emergency);
    }

    #[test]
    fn what_goes_on_is_not_among_what_was() {
        assert!(shown(vec![RecentsRecord { ended: None, ..line("1", 0) }]).is_empty());
    }

    #[test]
    fn each_kind_has_its_own_words() {
        let out = |connected| RecentsRecord {
            direction: "outgoing".to_owned(),
            connected,
            ..line("1", 0)
        };
        let words = |record| shown(vec![record])[0].rows[0].detail.clone();
        assert!(words(out(Some(1))).starts_with("Outgoing call ·"));
        assert!(words(out(None)).starts_with("Outgoing call, not answered"));
        let refused = RecentsRecord { connected: None, ..line("1", 0) };
        assert!(words(refused).starts_with("Declined or taken elsewhere"));
    }
}
