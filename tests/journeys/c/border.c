// What an app may do wrong, and what it may do within its own functions: none of it ends the program, and each mistake
// is said. Ends with 0 if all was as expected.

#include <hookswitch.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int begun, freed_within;
static char expected[64];

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "not as expected: %s\n", what);
        exit(1);
    }
}

static void did_begin(void *data, hookswitch_provider *provider)
{
    check(data == &begun, "data comes back");
    check(hookswitch_provider_dispatch(provider) == 0, "no dispatch within a function");
    begun++;
}

static void refused(void *data, uint64_t value, const hookswitch_error *error)
{
    check(error && value == 0 && !strcmp(error->name, expected), expected);
    check(strchr(error->text, '.') != NULL, "the text says the cause, and what to do");
    *(int *)data += 1;
}

static void free_within(void *data, uint64_t value, const hookswitch_error *error)
{
    check(error == NULL && value > 0, "the call is admitted");
    hookswitch_provider_free(data);
    freed_within++;
}

static void until(hookswitch_provider *provider, const int *count)
{
    struct pollfd end = { hookswitch_provider_fd(provider), POLLIN, 0 };
    int before = *count;
    while (*count == before) {
        check(poll(&end, 1, 30000) == 1, "something happens within half a minute");
        hookswitch_provider_dispatch(provider);
    }
}

static void expect(hookswitch_provider *provider, const char *name, const int *count)
{
    strcpy(expected, name);
    until(provider, count);
}

int main(void)
{
    const hookswitch_configuration nobody = { .size = sizeof nobody };
    const hookswitch_configuration nowhere = { .size = sizeof nowhere, .app_id = "org.example.Border", .bus_address = "unix:path=/nowhere" };
    const hookswitch_configuration app = { .size = sizeof app, .app_id = "org.example.Border" };
    const hookswitch_delegate delegate = { .size = sizeof delegate, .did_begin = did_begin }, unsized_delegate = { 0 };
    const hookswitch_update unsized_update = { 0 }, anna = { .size = sizeof anna, .handle = "anna@example.org" };
    const hookswitch_start no_handle = { .size = sizeof no_handle };
    hookswitch_error *error = NULL;
    char call[HOOKSWITCH_CALL_SIZE];
    int answers = 0;

    check(!hookswitch_provider_new(NULL, NULL, NULL, NULL), "nothing is no provider");
    check(!hookswitch_provider_new(&nobody, &delegate, NULL, &error) && !strcmp(error->name, "InvalidArgument"), "no app id");
    hookswitch_error_free(error);
    check(!hookswitch_provider_new(&app, &unsized_delegate, NULL, &error) && strstr(error->text, "sizeof(hookswitch_delegate)"), "no size");
    hookswitch_error_free(error);
    check(!hookswitch_provider_new(&nowhere, &delegate, NULL, &error) && !strcmp(error->name, "NoBus"), "no bus");
    hookswitch_error_free(error);
    hookswitch_error_free(NULL);
    check(hookswitch_provider_fd(NULL) == -1 && hookswitch_provider_dispatch(NULL) == 0, "null is ignored");
    check(!hookswitch_fulfill(NULL, 1) && !hookswitch_fail(NULL, 1, "no"), "null is ignored");
    hookswitch_report_incoming_call(NULL, "x", NULL, refused, &answers);
    hookswitch_provider_free(NULL);

    hookswitch_provider *provider = hookswitch_provider_new(&app, &delegate, &begun, &error);
    check(provider != NULL, "it registers");
    until(provider, &begun);
    check(!hookswitch_provider_new(&app, &delegate, NULL, &error) && !strcmp(error->name, "NameTaken"), "one app, one provider");
    hookswitch_error_free(error);
    check(!hookswitch_fulfill(provider, 4711), "an action that is none");
    hookswitch_new_call(call);
    hookswitch_report_incoming_call(provider, "no uuid", &anna, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_report_incoming_call(provider, call, &unsized_update, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_report_call_ended(provider, call, 99, 0, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_adopt_call(provider, call, 99, false, NULL, NULL, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_start_call(provider, call, &no_handle, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_play_dtmf(provider, call, "\xff", refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_play_dtmf(provider, call, "tones", refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_set_group_call(provider, call, "no uuid", refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_set_translating(provider, call, "de", NULL, refused, &answers);
    expect(provider, "InvalidArgument", &answers);
    hookswitch_request_set_video(provider, call, true, refused, &answers);
    expect(provider, "UnknownCallUuid", &answers);
    hookswitch_request_end_group(provider, call, refused, &answers);
    expect(provider, "UnknownCallUuid", &answers);
    hookswitch_request_end_call(provider, call, refused, &answers);
    expect(provider, "UnknownCallUuid", &answers);
    hookswitch_report_outgoing_call_connected(provider, call, 0, refused, &answers);
    expect(provider, "UnknownCallUuid", &answers);
    hookswitch_report_incoming_call(provider, call, &anna, free_within, provider);
    until(provider, &freed_within);
    puts("as expected");
    return 0;
}
