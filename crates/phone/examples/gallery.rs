//! Paints each screen of a call, and each page of the main window, into a file, with calls that never were: what they look
//! like, to be looked at and compared. It needs a display, and no service. Favourites are those of the user.
//!
//! ```text
//! gallery FOLDER [dark] [right-to-left] [large-text]
//! ```

#[path = "gallery/calls.rs"]
mod calls;
#[path = "gallery/pages.rs"]
mod pages;

use adw::prelude::*;
use gtk::{gio, glib, graphene, gsk};
use hookswitch_phone::ask::Ask;
use hookswitch_phone::main_window::{MainWindow, Want};
use hookswitch_phone::reminder::ReminderWindow;
use hookswitch_phone::reminder::card::Card;
use hookswitch_phone::view::{Guard, Over, replies};
use hookswitch_phone::window::{self, CallWindow};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Frames until nothing moves any more: what is measured in one is placed in the next.
const FRAMES: u32 = 4;
/// Twice the usual size, in the unit of `gtk-xft-dpi`.
const LARGE: i32 = 2 * 96 * 1024;

fn main() -> glib::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("gallery: which folder? Say: gallery FOLDER [dark] [right-to-left] [large-text]");
        return glib::ExitCode::FAILURE;
    };
    let looks: Vec<String> = arguments.collect();
    let application = adw::Application::builder()
        .application_id("org.hookswitch.Gallery")
        .flags(gio::ApplicationFlags::NON_UNIQUE)
        .build();
    hookswitch_phone::tongue::find();
    let wrong = Rc::new(Cell::new(false));
    let told = wrong.clone();
    application.connect_activate(move |application| {
        for look in &looks {
            wear(look);
        }
        window::look();
        let (application, folder, told) = (application.clone(), folder.clone(), told.clone());
        // It has no window yet, and would end.
        let held = application.hold();
        glib::spawn_future_local(async move {
            let _held = held;
            if let Err(why) = paint(&application, &folder).await {
                eprintln!("gallery: {why}");
                told.set(true);
            }
            application.quit();
        });
    });
    let code = application.run_with_args::<&str>(&[]);
    if wrong.get() { glib::ExitCode::FAILURE } else { code }
}

/// As this user has it.
fn wear(look: &str) {
    match look {
        "dark" => adw::StyleManager::default().set_color_scheme(adw::ColorScheme::ForceDark),
        "right-to-left" => gtk::Widget::set_default_direction(gtk::TextDirection::Rtl),
        "large-text" => {
            if let Some(settings) = gtk::Settings::default() {
                settings.set_gtk_xft_dpi(LARGE);
            }
        }
        other => eprintln!("gallery: there is no look {other}; it is left as it is"),
    }
}

async fn paint(application: &adw::Application, folder: &Path) -> Result<(), String> {
    if let Some(settings) = gtk::Settings::default() {
        settings.set_gtk_enable_animations(false);
        settings.set_gtk_cursor_blink(false);
    }
    for screen in calls::screens() {
        let window = CallWindow::new(application, |_| {});
        let over = screen.over.as_ref().and_then(|call| Over::of(call, calls::NOW));
        let view = screen.guard.view(&screen.state, over.as_ref(), calls::NOW);
        let view = view.ok_or_else(|| format!("{} shows nothing", screen.name))?;
        window.show(view.with_replies(&screen.state, screen.guard, &replies::usual()));
        window.open(screen.open);
        window.present();
        window.frames(FRAMES).await;
        let file = folder.join(format!("{}.png", screen.name));
        save(window.widget(), &file)?;
        window.close();
    }
    remind(application, folder).await?;
    for page in pages::PAGES {
        turn(application, folder, page).await?;
    }
    Ok(())
}

/// Paint a reminder.
async fn remind(application: &adw::Application, folder: &Path) -> Result<(), String> {
    let window = ReminderWindow::new(application, |_| {});
    window.show(&Card::of(&calls::reminder(), Guard::default()));
    window.present();
    for _ in 0..FRAMES {
        frame(window.widget()).await;
    }
    save(window.widget(), &folder.join("reminder.png"))?;
    window.close();
    Ok(())
}

/// Paint a page of the main window.
async fn turn(
    application: &adw::Application,
    folder: &Path,
    (name, page): (&str, &str),
) -> Result<(), String> {
    let asked: Rc<RefCell<Vec<Ask>>> = Rc::default();
    let asks = asked.clone();
    let main = MainWindow::new(application, move |want| {
        if let Want::Ask(ask) = want {
            asks.borrow_mut().push(ask);
        }
    });
    main.present();
    main.turn_to(page);
    for _ in 0..FRAMES {
        frame(main.widget()).await;
        // Not while it is borrowed: an answer may lead to another question.
        let questions = asked.take();
        questions.into_iter().filter_map(pages::answer).for_each(|answer| main.answer(answer));
    }
    frame(main.widget()).await;
    save(main.widget(), &folder.join(format!("{name}.png")))?;
    main.widget().destroy();
    Ok(())
}

/// Wait for the next frame.
async fn frame(window: &adw::ApplicationWindow) {
    let (done, waited) = tokio::sync::oneshot::channel();
    let done = Cell::new(Some(done));
    window.queue_draw();
    window.add_tick_callback(move |_, _| {
        if let Some(done) = done.take() {
            let _ = done.send(());
        }
        glib::ControlFlow::Break
    });
    let _ = waited.await;
}

fn save(window: &adw::ApplicationWindow, file: &Path) -> Result<(), String> {
    let (width, height) = (window.width() as f32, window.height() as f32);
    let snapshot = gtk::Snapshot::new();
    gtk::WidgetPaintable::new(Some(window)).snapshot(&snapshot, width.into(), height.into());
    let node = snapshot.to_node().ok_or("the window paints nothing")?;
    let renderer = gsk::CairoRenderer::new();
    renderer.realize(None).map_err(|error| error.to_string())?;
    let texture = renderer.render_texture(&node, Some(&graphene::Rect::new(0., 0., width, height)));
    let saved = texture.save_to_png(file);
    renderer.unrealize();
    saved.map_err(|error| format!("{} cannot be written: {error}", file.display()))
}
