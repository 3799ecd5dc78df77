use super::{launch, slide, text};
use crate::view::{Action, Kind, Press, Style, Toggle, View, words};
use adw::prelude::*;
use hookswitch::ChoiceKind;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What the user wants.
pub type Pressed = Press;
/// Whoever is told.
type Told = Rc<dyn Fn(Press)>;

const BUTTON: &str = include_str!("../../resources/button.ui");
const TOGGLE: &str = include_str!("../../resources/toggle.ui");
/// How much of what scrolls is seen at least.
const LEAST: i32 = 40;
/// How wide it gets on a large screen.
const WIDEST: i32 = 460;
const KEYS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/// What can be done with the call.
pub struct Controls(Rc<Inner>);

struct Inner {
    clamp: adw::Clamp,
    scroll: gtk::ScrolledWindow,
    /// What can scroll away.
    column: gtk::Box,
    /// What answers or ends, and is always there.
    fixed: gtk::Box,
    told: Told,
    open: Cell<Open>,
    view: RefCell<Option<View>>,
    on_open: Box<dyn Fn(bool)>,
}

/// What a button has opened above the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Open {
    /// Nothing.
    #[default]
    Nothing,
    /// The keys for tones.
    Keys,
    /// Where it can be heard.
    Places,
    /// When to be reminded.
    Reminders,
    /// What to write.
    Replies,
}

impl Controls {
    /// `told` is told what the user wants, `on_open` whether something needs the room now.
    pub fn new(told: Told, on_open: impl Fn(bool) + 'static) -> Self {
        let column = gtk::Box::new(gtk::Orientation::Vertical, 18);
        let fixed = gtk::Box::new(gtk::Orientation::Vertical, 10);
        // Only where neither fits: large text, or keys on a screen that lies.
        let scroll = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .propagate_natural_height(true)
            .child(&column)
            .build();
        scroll.set_size_request(-1, LEAST);
        let whole = gtk::Box::new(gtk::Orientation::Vertical, 18);
        whole.set_valign(gtk::Align::End);
        whole.set_margin_start(18);
        whole.set_margin_end(18);
        whole.set_margin_bottom(24);
        whole.append(&scroll);
        whole.append(&fixed);
        // Buttons as wide as a desk are hard to find.
        let clamp = adw::Clamp::builder().maximum_size(WIDEST).child(&whole).build();
        Self(Rc::new(Inner {
            clamp,
            scroll,
            column,
            fixed,
            told,
            open: Cell::default(),
            view: RefCell::default(),
            on_open: Box::new(on_open),
        }))
    }

    pub fn widget(&self) -> &adw::Clamp {
        &self.0.clamp
    }

    /// Show the controls of this screen.
    pub fn show(&self, view: &View) {
        let before = self.0.view.replace(Some(view.clone()));
        let fits = match self.0.open.get() {
            Open::Nothing => true,
            Open::Keys => view.keypad,
            Open::Places => !view.endpoints.is_empty(),
            Open::Reminders => !view.reminders.is_empty(),
            Open::Replies => !view.replies.is_empty(),
        };
        if before.is_none_or(|before| before.call != view.call) || !fits {
            self.0.open(Open::Nothing);
        }
        self.0.fill(view);
    }

    /// Whether something needs the room of the picture.
    pub fn needs_room(&self) -> bool {
        self.0.needs_room()
    }

    /// Open that, as its button does.
    pub fn open(&self, what: Open) {
        self.0.open(what);
        self.0.refill();
    }
}

impl Inner {
    fn open(&self, what: Open) {
        if self.open.replace(what) != what {
            (self.on_open)(self.needs_room());
        }
    }

    fn needs_room(&self) -> bool {
        let crowded = self.view.borrow().as_ref().is_some_and(View::is_crowded);
        let is_high = self.view.borrow().as_ref().is_some_and(|view| {
            let all = usize::from(view.silence.is_some())
                + usize::from(!view.reminders.is_empty())
                + usize::from(!view.replies.is_empty());
            all > most_beside(all, view.kind)
        });
        crowded || is_high || self.open.get() != Open::Nothing
    }

    fn refill(self: &Rc<Self>) {
        if let Some(view) = self.view.borrow().as_ref() {
            self.fill(view);
        }
    }

    /// Take away what is there, and put there what belongs to this screen.
    fn fill(self: &Rc<Self>, view: &View) {
        let (column, told) = (&self.column, &self.told);
        for part in [column, &self.fixed] {
            while let Some(child) = part.first_child() {
                part.remove(&child);
            }
        }
        if !view.others.is_empty() {
            column.append(&others(view, told));
        }
        match self.open.get() {
            Open::Nothing => {}
            Open::Keys => column.append(&keys(view, told)),
            Open::Places => column.append(&self.places(view)),
            Open::Reminders => column.append(&self.choices(&view.reminders)),
            Open::Replies => column.append(&self.choices(&view.replies)),
        }
        let switches = self.switches(view);
        if !switches.is_empty() {
            column.append(&in_lines(&switches, view.kind));
        }
        if view.kind == Kind::CallWaiting {
            // The one that refuses is the lowest, where the end of a call is.
            for action in view.actions.iter().rev() {
                self.fixed.append(&choice(action, told));
            }
        } else {
            let buttons = row();
            for action in &view.actions {
                if view.slides && action.press.is(ChoiceKind::Answer) {
                    let (told, press) = (told.clone(), action.press.clone());
                    self.fixed.append(&slide::slide(action, move || told(press.clone())));
                    // The other one stays where it is without a slide.
                    buttons.append(&gtk::Box::new(gtk::Orientation::Horizontal, 0));
                } else {
                    buttons.append(&round(action, told));
                }
            }
            self.fixed.append(&buttons);
        }
        // Without anything that scrolls there is no gap for it.
        self.scroll.set_visible(column.first_child().is_some());
    }

    fn switches(self: &Rc<Self>, view: &View) -> Vec<gtk::Widget> {
        let (mut switches, told) = (Vec::new(), &self.told);
        match &view.silence {
            // Three wide buttons leave no room for a round one.
            Some(silence) if view.kind == Kind::CallWaiting => {
                switches.push(flat(silence, told).upcast());
            }
            Some(silence) => switches.push(round(silence, told).upcast()),
            None => {}
        }
        if !view.replies.is_empty() {
            let label = words::message();
            switches.push(self.opens(Open::Replies, &label, "mail-unread-symbolic").upcast());
        }
        if !view.reminders.is_empty() {
            let label = words::remind_me();
            switches.push(self.opens(Open::Reminders, &label, "alarm-symbolic").upcast());
        }
        for toggle in &view.toggles {
            switches.push(switch(toggle, told).upcast());
        }
        // An app without a window of its own has nothing to lead to.
        if let Some(app) = &view.app
            && let Press::Open(id) = &app.press
            && let Some(icon) = launch::icon(id)
        {
            switches.push(to_app(app, &icon, told).upcast());
        }
        if view.keypad {
            let icon = "input-dialpad-symbolic";
            switches.push(self.opens(Open::Keys, &words::keypad(), icon).upcast());
        }
        if !view.endpoints.is_empty() {
            let icon = "audio-volume-high-symbolic";
            switches.push(self.opens(Open::Places, &words::audio(), icon).upcast());
        }
        switches
    }

    /// What opens that, and closes it again.
    fn opens(self: &Rc<Self>, what: Open, label: &str, icon: &str) -> gtk::ToggleButton {
        let shown = self.open.get() == what;
        let button = plain_toggle(label, icon, shown);
        let inner = Rc::downgrade(self);
        button.connect_clicked(move |_| {
            if let Some(inner) = inner.upgrade() {
                inner.open(if shown { Open::Nothing } else { what });
                inner.refill();
            }
        });
        button
    }

    /// What a decline can go with, a line each; whoever chooses is done with the list.
    fn choices(self: &Rc<Self>, actions: &[Action]) -> gtk::Box {
        let list = gtk::Box::new(gtk::Orientation::Vertical, 6);
        for action in actions {
            let button = wide(&action.label);
            button.add_css_class("call-line");
            let (inner, press) = (Rc::downgrade(self), action.press.clone());
            button.connect_clicked(move |_| {
                if let Some(inner) = inner.upgrade() {
                    inner.open(Open::Nothing);
                    inner.refill();
                    (inner.told)(press.clone());
                }
            });
            list.append(&button);
        }
        list
    }

    /// Where it can be heard; whoever chooses is done with the list.
    fn places(self: &Rc<Self>, view: &View) -> gtk::Box {
        let list = gtk::Box::new(gtk::Orientation::Vertical, 6);
        for endpoint in &view.endpoints {
            let mark = if endpoint.current { "✓ " } else { "" };
            let button = wide(&format!("{mark}{}", endpoint.name));
            let (inner, id) = (Rc::downgrade(self), endpoint.id.clone());
            button.connect_clicked(move |_| {
                if let Some(inner) = inner.upgrade() {
                    inner.open(Open::Nothing);
                    inner.refill();
                    (inner.told)(Press::Endpoint(id.clone()));
                }
            });
            list.append(&button);
        }
        list
    }
}

fn row() -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    row.set_homogeneous(true);
    row
}

/// Beside each other; what does not fit there in large text is in a line below.
fn in_lines(buttons: &[gtk::Widget], kind: Kind) -> gtk::Box {
    let most = most_beside(buttons.len(), kind);
    if kind == Kind::Incoming {
        // What scrolls is measured before its width is known: so wide is a name at most.
        let widest = if text::is_larger_than(125) { 8 } else { 10 };
        let names = buttons.iter().filter_map(|button| button.first_child()?.last_child());
        for name in names.filter_map(|name| name.downcast::<gtk::Label>().ok()) {
            name.set_max_width_chars(widest);
        }
    }
    let lines = gtk::Box::new(gtk::Orientation::Vertical, 6);
    for some in buttons.chunks(most) {
        let row = row();
        some.iter().for_each(|button| row.append(button));
        lines.append(&row);
    }
    lines
}

/// How many of the buttons of a call that rings are beside each other: their names are words.
fn most_beside(buttons: usize, kind: Kind) -> usize {
    if kind == Kind::Incoming && text::is_larger_than(125) { 2 } else { buttons.max(1) }
}

/// A round button with its name below.
fn round(action: &Action, told: &Told) -> gtk::Button {
    let builder = gtk::Builder::from_string(BUTTON);
    let button: gtk::Button = named(&builder, &action.label, action.icon);
    style(&button, action.style);
    on_press(&button, action, told);
    button
}

/// The way to the app, with its icon as a mask in our colours.
fn to_app(action: &Action, icon: &gtk::gio::Icon, told: &Told) -> gtk::Button {
    let builder = gtk::Builder::from_string(BUTTON);
    let button: gtk::Button = named(&builder, &action.label, action.icon);
    if let Some(image) = builder.object::<gtk::Image>("icon") {
        image.set_from_gicon(icon);
        image.add_css_class("app");
    }
    on_press(&button, action, told);
    button
}

/// A wide button that says what it does.
fn choice(action: &Action, told: &Told) -> gtk::Button {
    let button = wide(&action.label);
    button.add_css_class("pill");
    button.add_css_class("call-choice");
    style(&button, action.style);
    on_press(&button, action, told);
    button
}

/// A button whose words go on in the next line where they are long.
fn wide(words: &str) -> gtk::Button {
    let button = gtk::Button::with_label(words);
    if let Some(label) = button.child().and_downcast::<gtk::Label>() {
        label.set_wrap(true);
        label.set_justify(gtk::Justification::Center);
    }
    button
}

/// A button that is words only.
fn flat(action: &Action, told: &Told) -> gtk::Button {
    let button = gtk::Button::with_label(&action.label);
    button.set_halign(gtk::Align::Center);
    button.add_css_class("flat");
    on_press(&button, action, told);
    button
}

fn switch(toggle: &Toggle, told: &Told) -> gtk::ToggleButton {
    let button = plain_toggle(&toggle.action.label, toggle.action.icon, toggle.on);
    let (told, press) = (told.clone(), toggle.action.press.clone());
    let on = toggle.on;
    button.connect_clicked(move |button| {
        // It shows how things are, and that is for the service to say.
        button.set_active(on);
        told(press.clone());
    });
    button
}

fn plain_toggle(label: &str, icon: &str, on: bool) -> gtk::ToggleButton {
    let builder = gtk::Builder::from_string(TOGGLE);
    let button: gtk::ToggleButton = named(&builder, label, icon);
    button.set_active(on);
    button
}

fn named<T: IsA<gtk::glib::Object>>(builder: &gtk::Builder, label: &str, icon: &str) -> T {
    let of = "the template is part of the program";
    builder.object::<gtk::Label>("label").expect(of).set_text(label);
    builder.object::<gtk::Image>("icon").expect(of).set_icon_name(Some(icon));
    builder.object("button").expect(of)
}

fn style(button: &gtk::Button, style: Style) {
    match style {
        Style::Answer => button.add_css_class("answer"),
        Style::End => button.add_css_class("end"),
        Style::Plain => {}
    }
}

fn on_press(button: &gtk::Button, action: &Action, told: &Told) {
    let (told, press) = (told.clone(), action.press.clone());
    button.connect_clicked(move |_| told(press.clone()));
}

fn line(words: &str, class: &str) -> gtk::Label {
    let line = gtk::Label::builder().label(words).wrap(true).xalign(0.0).build();
    line.add_css_class(class);
    line
}

/// The other calls, each with what can be done with it.
fn others(view: &View, told: &Told) -> gtk::ListBox {
    let list = gtk::ListBox::new();
    list.set_selection_mode(gtk::SelectionMode::None);
    list.add_css_class("boxed-list");
    for other in &view.others {
        let row = gtk::Box::new(gtk::Orientation::Vertical, 6);
        row.add_css_class("call-row");
        row.append(&line(&other.name, "heading"));
        row.append(&line(&other.status, "dim-label"));
        // Beside each other where there is room; large text and long words go below.
        let buttons = gtk::FlowBox::builder()
            .selection_mode(gtk::SelectionMode::None)
            .homogeneous(true)
            .max_children_per_line(3)
            .column_spacing(6)
            .row_spacing(6)
            .build();
        for action in &other.actions {
            let button = wide(&action.label);
            style(&button, action.style);
            on_press(&button, action, told);
            let place = gtk::FlowBoxChild::builder().child(&button).focusable(false).build();
            buttons.append(&place);
        }
        if !other.actions.is_empty() {
            row.append(&buttons);
        }
        let row =
            gtk::ListBoxRow::builder().child(&row).activatable(false).focusable(false).build();
        list.append(&row);
    }
    list
}

/// Keys for tones: the same order in every language.
fn keys(view: &View, told: &Told) -> gtk::Grid {
    let grid =
        gtk::Grid::builder().row_spacing(6).column_spacing(12).column_homogeneous(true).build();
    grid.set_direction(gtk::TextDirection::Ltr);
    for (at, key) in KEYS.into_iter().enumerate() {
        let button = gtk::Button::with_label(&key.to_string());
        button.add_css_class("call-key");
        let (told, call) = (told.clone(), view.call);
        button.connect_clicked(move |_| told(Press::Digit(call, key)));
        let at = i32::try_from(at).unwrap_or_default();
        grid.attach(&button, at % 3, at / 3, 1, 1);
    }
    grid
}
