// An app that can call, with libhookswitch, which speaks D-Bus for it: with_library [APP_ID]
// SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
// Signalling and media belong where this prints a line. All functions: hookswitch.h.

#include <hookswitch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { MOST = 8 };
static struct call { char id[HOOKSWITCH_CALL_SIZE]; int state, age; bool muted; } calls[MOST]; // no id: free
static int age; // of the newest

static struct call *find(const char *id)
{
    for (struct call *call = calls; call < calls + MOST; call++)
        if (!strcmp(call->id, id))
            return call;
    return NULL;
}

// The service's answer to what was reported of a call. If it refused, it does not know the call: drop it.
static void answered(void *call, uint64_t number, const hookswitch_error *error)
{
    if (error && printf("error %s %s\n", error->name, error->text))
        ((struct call *)call)->id[0] = 0;
}
static void did_begin(void *data, hookswitch_provider *provider) { puts("registered"); }
static void did_lose_bus(void *data, hookswitch_provider *provider) { _exit(1); }

// The service restarted. Media went on; it has to hear of the calls again.
static void did_reset(void *data, hookswitch_provider *provider, uint32_t adopt_within_ms)
{
    for (struct call *call = calls; call < calls + MOST; call++)
        if (call->id[0] && adopt_within_ms)
            hookswitch_adopt_call(provider, call->id, call->state, call->muted, NULL, NULL, answered, call);
        else
            call->id[0] = 0;
}

// Here everything is done at once. What takes longer keeps action->id, and fulfills it later.
static void perform(void *data, hookswitch_provider *provider, const hookswitch_action *action)
{
    const char *names[] = { "", "StartCall", "AnswerCall", "EndCall", "SetHeld", "SetMuted", "PlayDtmf" };
    bool start = action->kind == HOOKSWITCH_START_CALL;
    struct call *call = find(start ? "" : action->call);
    printf("Perform%s %s %s\n", names[action->kind], action->call, action->held ? "true" : "");
    if (!call)
        return (void)hookswitch_fail(provider, action->id, "This app has no such call, or no room for it.");
    if (start)
        *call = (struct call){ .age = ++age };
    snprintf(call->id, sizeof call->id, "%s", action->kind == HOOKSWITCH_END_CALL ? "" : action->call);
    if (action->kind == HOOKSWITCH_SET_MUTED)
        call->muted = action->muted;
    else
        call->state = action->held ? HOOKSWITCH_STATE_HELD : HOOKSWITCH_STATE_ACTIVE;
    hookswitch_fulfill(provider, action->id);
    if (start) { // The callee's phone rings, and is answered.
        hookswitch_report_outgoing_call_started_connecting(provider, action->call, 0, NULL, NULL);
        hookswitch_report_outgoing_call_connected(provider, action->call, 0, NULL, NULL);
    }
}

static void start_media(void *data, hookswitch_provider *provider, const char *call)
{ printf("DidActivateAudioSession %s\n", call); }
static void stop_media(void *data, hookswitch_provider *provider, const char *call)
{ printf("DidDeactivateAudioSession %s\n", call); }

static void signalled(hookswitch_provider *provider, int number)
{
    const hookswitch_update anna = { .size = sizeof anna, .handle = "anna@example.org", .name = "Anna" };
    struct call *free = find(""), *newest = calls;
    for (struct call *call = calls; call < calls + MOST; call++)
        newest = call->id[0] && (!newest->id[0] || call->age > newest->age) ? call : newest;
    if (number == SIGUSR1 && free) {
        *free = (struct call){ .state = HOOKSWITCH_STATE_RINGING, .age = ++age };
        hookswitch_new_call(free->id);
        hookswitch_report_incoming_call(provider, free->id, &anna, answered, free);
    } else if (number == SIGUSR2 && newest->id[0]) {
        hookswitch_report_call_ended(provider, newest->id, HOOKSWITCH_ENDED_REMOTE_ENDED, 0, NULL, NULL);
        newest->id[0] = 0;
    }
}

int main(int argc, char **argv)
{
    const hookswitch_delegate delegate = {
        .size = sizeof delegate, .did_begin = did_begin, .did_reset = did_reset, .did_lose_bus = did_lose_bus,
        .perform_start_call = perform, .perform_answer_call = perform, .perform_end_call = perform,
        .perform_set_held = perform, .perform_set_muted = perform, .perform_play_dtmf = perform,
        .did_activate_audio_session = start_media, .did_deactivate_audio_session = stop_media,
    };
    const hookswitch_configuration configuration = {
        .size = sizeof configuration, .app_id = argc > 1 ? argv[1] : "org.example.PhoneLibrary",
        .supported_handle_kinds = 1 << HOOKSWITCH_HANDLE_GENERIC, // call screens offer to dial these
    };
    struct signalfd_siginfo info = { 0 };
    hookswitch_error *error;
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int *number = (int[]){ SIGUSR1, SIGUSR2, SIGTERM, 0 }; *number; number++)
        sigaddset(&wanted, *number);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    setlinebuf(stdout);
    hookswitch_provider *provider = hookswitch_provider_new(&configuration, &delegate, NULL, &error);
    if (!provider)
        return printf("error %s %s\n", error->name, error->text) > 0;
    struct pollfd ends[] = { { signalfd(-1, &wanted, 0), POLLIN, 0 }, { hookswitch_provider_fd(provider), POLLIN, 0 } };
    while (info.ssi_signo != SIGTERM && poll(ends, 2, -1) > 0) {
        hookswitch_provider_dispatch(provider); // calls the functions above
        if (ends[0].revents && read(ends[0].fd, &info, sizeof info) > 0)
            signalled(provider, info.ssi_signo);
    }
    hookswitch_provider_free(provider);
    return 0;
}
