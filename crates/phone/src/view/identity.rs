use super::words;
use hookswitch::Call;

/// Who is at the other end, and through which app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// One line above the name: the app and the kind of call.
    pub above: String,
    /// The name, or the number where there is none.
    pub name: String,
    /// The number or address below the name, if that says something else.
    pub number: Option<String>,
    /// What to know before trusting it.
    pub trust: Option<String>,
    /// Whether the name is one, so that its letters can stand for a picture.
    pub has_name: bool,
    /// Who takes part, where that is more than one.
    pub members: Vec<String>,
}

impl Identity {
    /// Of this call.
    pub fn of(call: &Call) -> Self {
        let who = call.who();
        let has_name = who != call.handle.value;
        let members = call.members.iter().filter(|member| member.active);
        Self {
            above: words::app_and_kind(call),
            name: if has_name { who.to_owned() } else { isolated(who) },
            number: has_name.then(|| isolated(&call.handle.value)),
            trust: (!call.verified).then(|| words::unverified(&call.app_name)),
            has_name,
            members: members
                .map(|member| {
                    member.handle.display_name.as_ref().unwrap_or(&member.handle.value).clone()
                })
                .collect(),
        }
    }
}

/// A number or address as it stands, also among words that are read from right to left.
pub fn isolated(text: &str) -> String {
    format!("\u{2066}{text}\u{2069}")
}
