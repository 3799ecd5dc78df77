//! Who can dial what: the apps of a contact's card.

use crate::act::SURFACE;
use crate::failure::Failure;
use crate::table::Table;
use crate::wish::parse_handle;
use crate::{json, words};
use hookswitch::{AppId, Handle, ProviderRecord, Surface};

/// Print the apps that run and can dial this; without a handle, all that can dial anything.
pub async fn apps(handle: Option<String>, json: bool) -> Result<(), Failure> {
    let (surface, _) = Surface::connect(SURFACE).await?;
    let handle = handle.map(parse_handle);
    let apps = match &handle {
        Some(handle) => surface.apps_that_dial(handle.kind).await?,
        None => {
            let mut all = surface.status().await?.providers;
            all.retain(|app| !app.handle_kinds.is_empty());
            all
        }
    };
    if json {
        apps.iter().for_each(|app| println!("{}", json::provider(app)));
    } else if apps.is_empty() {
        println!("{}", nobody(handle.as_ref()));
    } else {
        let mut table = Table::new(["APP", "ID", "DIALS"]);
        for app in &apps {
            table.row([name(app), words::clean(&app.app_id), kinds(app)]);
        }
        table.print();
    }
    Ok(())
}

/// The app to dial with where none was named: the only one that can.
pub async fn only_app(surface: &Surface, handle: &Handle) -> Result<AppId, Failure> {
    let apps = surface.apps_that_dial(handle.kind).await?;
    match &apps[..] {
        [] => Err(Failure::new(format!("{} Start one, or name it.", nobody(Some(handle))))),
        [app] => Ok(app.app_id.as_str().into()),
        several => {
            let one = |app: &ProviderRecord| words::clean(&app.app_id);
            let ids: Vec<_> = several.iter().map(one).collect();
            let ids = ids.join(", ");
            Err(Failure::new(format!("which app to dial with? Say its id. There is: {ids}.")))
        }
    }
}

fn name(app: &ProviderRecord) -> String {
    let name = words::clean(&app.app_name);
    if app.verified { name } else { format!("{name} (unverified)") }
}

fn kinds(app: &ProviderRecord) -> String {
    words::clean(&app.handle_kinds.join(", "))
}

fn nobody(handle: Option<&Handle>) -> String {
    match handle {
        Some(handle) => format!("No app that runs dials {}.", handle.kind.name()),
        None => "No app that runs dials anything.".to_owned(),
    }
}
