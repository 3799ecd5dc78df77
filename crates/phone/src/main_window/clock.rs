use crate::view::recents::Moment;
use gtk::glib;
use hookswitch::Date;

const DAY: i64 = 86_400;

/// By the user's clock and calendar.
pub fn moment(date: Date) -> Moment {
    let seconds = date.0.div_euclid(1000);
    // A date that no calendar has is shown as nothing rather than as another one.
    match glib::DateTime::from_unix_local(seconds) {
        Ok(local) => {
            let text = |format: &str| local.format(format).map(String::from).unwrap_or_default();
            let day = (seconds + local.utc_offset().as_seconds()).div_euclid(DAY);
            Moment { day, date: text("%A, %x"), time: text("%H:%M") }
        }
        Err(_) => Moment { day: seconds.div_euclid(DAY), date: String::new(), time: String::new() },
    }
}

/// The day it is.
pub fn today() -> i64 {
    moment(Date(glib::real_time() / 1000)).day
}
