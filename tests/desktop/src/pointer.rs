use crate::Size;
use std::os::unix::net::UnixStream;
use std::path::Path;
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_pointer::ButtonState;
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, EventQueue, QueueHandle, delegate_noop};
use wayland_protocols_wlr::virtual_pointer::v1::client::{
    zwlr_virtual_pointer_manager_v1::ZwlrVirtualPointerManagerV1,
    zwlr_virtual_pointer_v1::ZwlrVirtualPointerV1,
};

/// The left button, as the kernel numbers it.
const LEFT: u32 = 0x110;

/// Nothing is told that matters.
struct Deaf;

impl Dispatch<WlRegistry, GlobalListContents> for Deaf {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Deaf: ZwlrVirtualPointerManagerV1);
delegate_noop!(Deaf: ZwlrVirtualPointerV1);

/// A mouse. It is there from the beginning, as one is that nobody plugs in for each click.
pub struct Pointer {
    queue: EventQueue<Deaf>,
    mouse: ZwlrVirtualPointerV1,
    size: Size,
    /// Milliseconds; each thing it does is later than the one before.
    time: u32,
}

impl Pointer {
    /// Plug one in.
    ///
    /// # Panics
    /// The compositor has no virtual pointers.
    pub fn new(socket: &Path, size: Size) -> Self {
        let stream = UnixStream::connect(socket).expect("the compositor listens");
        let connection = Connection::from_socket(stream).expect("it speaks Wayland");
        let (globals, mut queue) =
            registry_queue_init::<Deaf>(&connection).expect("it says what it has");
        let all: ZwlrVirtualPointerManagerV1 =
            globals.bind(&queue.handle(), 1..=2, ()).expect("it has virtual pointers");
        let mouse = all.create_virtual_pointer(None, &queue.handle(), ());
        queue.roundtrip(&mut Deaf).expect("it takes the pointer");
        Self { queue, mouse, size, time: 0 }
    }

    /// Press and release the left button there, in pixels from the upper left corner.
    ///
    /// # Panics
    /// The compositor is gone.
    pub fn click(&mut self, x: u32, y: u32) {
        self.move_to(x, y);
        for state in [ButtonState::Pressed, ButtonState::Released] {
            self.time += 20;
            self.mouse.button(self.time, LEFT, state);
            self.frame();
        }
    }

    /// Move there, in pixels from the upper left corner.
    ///
    /// # Panics
    /// The compositor is gone.
    pub fn move_to(&mut self, x: u32, y: u32) {
        self.time += 20;
        self.mouse.motion_absolute(self.time, x, y, self.size.width, self.size.height);
        self.frame();
    }

    /// Drag from there to there with the left button down, in so many steps.
    ///
    /// # Panics
    /// The compositor is gone.
    pub fn drag(&mut self, from: (u32, u32), to: (u32, u32), steps: u32) {
        self.move_to(from.0, from.1);
        self.time += 20;
        self.mouse.button(self.time, LEFT, ButtonState::Pressed);
        self.frame();
        let between = |from: u32, to: u32, step: u32| {
            let way = (i64::from(to) - i64::from(from)) * i64::from(step) / i64::from(steps.max(1));
            u32::try_from(i64::from(from) + way).unwrap_or(0)
        };
        for step in 1..=steps.max(1) {
            self.move_to(between(from.0, to.0, step), between(from.1, to.1, step));
        }
        self.time += 20;
        self.mouse.button(self.time, LEFT, ButtonState::Released);
        self.frame();
    }

    /// What belongs together is over, and the compositor has it.
    fn frame(&mut self) {
        self.mouse.frame();
        self.queue.roundtrip(&mut Deaf).expect("the compositor lives");
    }
}
