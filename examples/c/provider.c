// An app that can call, with sd-bus (Debian: libsystemd-dev): provider [APP_ID]
// SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
// Signalling and media belong where this prints a line. Every key and error: data/dbus/*.xml.

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME "org.hookswitch.Hookswitch"
#define SERVICE NAME, "/org/hookswitch", "org.hookswitch.Provider1"
#define BUS "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"
#define SERVICE_COMES_AND_GOES "sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" NAME "'"

enum { MOST = 8 };
static char calls[MOST][37]; // the ids of our live calls, the newest last
static int count;
static char service[256]; // the connection of the service: nobody else may tell us what to do
static const char *app_id = "org.example.PhoneC";
static sd_bus *bus;

// Whether it was accepted. A refusal changes nothing; it says why, and what to do now.
static int ask(const char *to, const char *path, const char *interface, const char *member,
               const char *types, ...)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    va_list arguments;
    va_start(arguments, types);
    int asked = sd_bus_call_methodv(bus, to, path, interface, member, &error, NULL, types, arguments);
    va_end(arguments);
    if (asked < 0)
        printf("error %s %s %s\n", member, error.name, error.message);
    sd_bus_error_free(&error);
    return asked >= 0;
}

// The service came, for the first time or again, or it is away. This app ends its calls; others adopt them.
static int service_changed(sd_bus_message *m, void *data, sd_bus_error *error)
{
    const char *owner = "";
    while (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "s", &owner) > 0) {} // the last
    if (*owner && !strcmp(owner, service))
        return 0;
    snprintf(service, sizeof service, "%s", owner);
    count = 0;
    if (!*service && !usleep(200000)) // One that cannot live must not be started all the time.
        return ask(BUS, "StartServiceByName", "su", NAME, 0);
    // Call screens offer to dial handles of these kinds with this app.
    if (ask(SERVICE, "Register", "a{sv}", 2, "app_id", "s", app_id, "supported_handle_kinds", "as", 1, "generic"))
        return puts("registered");
    return sd_event_exit(sd_bus_get_event(bus), 1);
}

// The service tells us something, or asks us to perform something. With 0, sd-bus replies UnknownMethod.
static int told(sd_bus_message *m, void *data, sd_bus_error *error)
{
    const char *member = sd_bus_message_get_member(m), *call = "", *key;
    int at = 0, yes = 0, is_start = !strcmp(member, "PerformStartCall");
    if (strcmp(sd_bus_message_get_sender(m), service)
        || !sd_bus_message_is_method_call(m, "org.hookswitch.ProviderDelegate1", NULL))
        return 0;
    if (strncmp(member, "Perform", 7)) // DidActivateAudioSession: start media, DidDeactivate...: stop it
        return printf("%s %s\n", member, sd_bus_message_read(m, "s", &call) < 0 ? "" : call);
    if (sd_bus_message_read(m, "ts", NULL, &call) < 0 || sd_bus_message_enter_container(m, 'a', "{sv}") < 0)
        return 0;
    while (sd_bus_message_enter_container(m, 'e', "sv") > 0 && sd_bus_message_read(m, "s", &key) > 0) {
        int wanted = !strcmp(key, "held") || !strcmp(key, "muted"); // digits, kind, handle: the same with "s"
        wanted ? sd_bus_message_read(m, "v", "b", &yes) : sd_bus_message_skip(m, "v");
        sd_bus_message_exit_container(m);
    }
    printf("%s %s %s\n", member, call, yes ? "yes" : "");
    for (; at < count && strcmp(calls[at], call); at++) {}
    if (at == (is_start ? MOST : count))
        return sd_bus_error_set(error, "org.hookswitch.Error.Failed", "No such call, or no room for it.");
    if (is_start)
        snprintf(calls[count++], sizeof *calls, "%s", call);
    else if (!strcmp(member, "PerformEndCall"))
        memmove(calls[at], calls[at + 1], (--count - at) * sizeof *calls);
    else if (!strstr("PerformAnswerCall PerformSetHeld PerformSetMuted PerformPlayDtmf", member))
        return 0;
    // An empty record: it is done. To take longer, reply `deferred`, and complete the action with Fulfill.
    int replied = sd_bus_reply_method_return(m, "a{sv}", 0);
    if (is_start && ask(SERVICE, "ReportOutgoingCallStartedConnecting", "sa{sv}", call, 0))
        ask(SERVICE, "ReportOutgoingCallConnected", "sa{sv}", call, 0);
    return replied;
}

static int signalled(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
    sd_id128_t id;
    if (info->ssi_signo == SIGUSR1 && count < MOST && sd_id128_randomize(&id) >= 0
        && ask(SERVICE, "ReportNewIncomingCall", "sa{sv}", sd_id128_to_uuid_string(id, calls[count]), 2,
               "handle", "s", "anna@example.org", "name", "s", "Anna")) // else it was never shown
        printf("ringing %s\n", calls[count++]);
    if (info->ssi_signo == SIGUSR2 && count > 0)
        ask(SERVICE, "ReportCallEnded", "sa{sv}", calls[--count], 1, "reason", "s", "remote_ended");
    if (info->ssi_signo == SIGTERM)
        sd_event_exit(sd_bus_get_event(bus), !ask(SERVICE, "Invalidate", ""));
    return 0;
}

int main(int argc, char **argv)
{
    sd_event *event;
    app_id = argc > 1 ? argv[1] : app_id;
    setlinebuf(stdout);
    if (sd_event_default(&event) < 0 || sd_bus_open_user(&bus) < 0 || sd_bus_attach_event(bus, event, 0) < 0
        || sd_event_add_signal(event, NULL, SIGUSR1 | SD_EVENT_SIGNAL_PROCMASK, signalled, NULL) < 0
        || sd_event_add_signal(event, NULL, SIGUSR2 | SD_EVENT_SIGNAL_PROCMASK, signalled, NULL) < 0
        || sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, signalled, NULL) < 0
        || sd_bus_add_object(bus, NULL, "/org/hookswitch/ProviderDelegate", told, NULL) < 0
        || sd_bus_add_match(bus, NULL, SERVICE_COMES_AND_GOES, service_changed, NULL) < 0
        || sd_bus_request_name(bus, app_id, 0) < 0)
        return printf("error: there is no session bus, or %s runs already\n", app_id) > 0;
    sd_bus_set_exit_on_disconnect(bus, 1);
    sd_bus_call_method_async(bus, NULL, BUS, "GetNameOwner", service_changed, NULL, "s", NAME);
    return sd_event_loop(event);
}
