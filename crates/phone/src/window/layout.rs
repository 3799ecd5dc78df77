use gtk::prelude::*;
use gtk::subclass::prelude::*;
use gtk::{Orientation, glib};

/// Two areas: who it is, and what can be done. One above the other where there is room, side by side on a screen that lies.
#[derive(Default)]
pub struct Areas;

#[glib::object_subclass]
impl ObjectSubclass for Areas {
    const NAME: &'static str = "HookswitchCallLayout";
    type Type = CallLayout;
    type ParentType = gtk::LayoutManager;
}

impl ObjectImpl for Areas {}

impl LayoutManagerImpl for Areas {
    fn request_mode(&self, _: &gtk::Widget) -> gtk::SizeRequestMode {
        gtk::SizeRequestMode::ConstantSize
    }

    /// At least as large as the larger one: one beside the other is possible on each screen that lies, and one that
    /// stands is high enough for both.
    fn measure(
        &self,
        widget: &gtk::Widget,
        orientation: Orientation,
        _: i32,
    ) -> (i32, i32, i32, i32) {
        let (mut least, mut natural, mut sum) = (0, 0, 0);
        for child in children(widget) {
            let size = child.measure(orientation, -1);
            least = least.max(size.0);
            natural = natural.max(size.1);
            sum += size.1;
        }
        let natural = if orientation == Orientation::Vertical { sum } else { natural };
        (least, natural.max(least), -1, -1)
    }

    fn allocate(&self, widget: &gtk::Widget, width: i32, height: i32, _: i32) {
        let children: Vec<gtk::Widget> = children(widget).collect();
        let [first, second] = &children[..] else { return };
        let needs = |child: &gtk::Widget, width| child.measure(Orientation::Vertical, width);
        let place = |child: &gtk::Widget, x: i32, y: i32, width: i32, height: i32| {
            let at = gtk::gdk::Rectangle::new(x, y, width, height);
            child.size_allocate(&at, -1);
        };
        let (upper, lower) = (needs(first, width), needs(second, width));
        if upper.1 + lower.1 <= height || width <= height {
            let below = lower.1.min(height - upper.0).max(lower.0);
            place(first, 0, 0, width, height - below);
            place(second, 0, height - below, width, below);
        } else {
            let half = width / 2;
            let (left, right) = match widget.direction() {
                gtk::TextDirection::Rtl => (second, first),
                _ => (first, second),
            };
            place(left, 0, 0, half, height);
            place(right, half, 0, width - half, height);
        }
    }
}

fn children(widget: &gtk::Widget) -> impl Iterator<Item = gtk::Widget> {
    let first = widget.first_child();
    std::iter::successors(first, |child| child.next_sibling()).filter(|child| child.should_layout())
}

glib::wrapper! {
    /// Arranges the two areas of a call.
    pub struct CallLayout(ObjectSubclass<Areas>) @extends gtk::LayoutManager;
}

impl CallLayout {
    pub fn new() -> Self {
        glib::Object::new()
    }
}
