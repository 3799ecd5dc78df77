// A call screen on a terminal, with GDBus (Debian: libglib2.0-dev): surface
// Prints calls as they change, and does what the lines on its input say: `answer` and `decline` the newest
// that rings, `end` the newest that is active, `choose KIND` one of the choices printed for a call.
// Only what the desktop entry of a surface starts may be one: try `hookswitch private --surface PROGRAM`.

#include <gio/gio.h>

// A value of a record: all records of the contract are a{sv}.
#define NUMBER(record, key) ({ guint64 value = 0; g_variant_lookup(record, key, "t", &value); value; })
#define WORD(record, key) ({ const char *value = ""; g_variant_lookup(record, key, "&s", &value); value; })
static GDBusProxy *service;
static GPtrArray *calls; // the live calls, the newest last, each as the service said it last
static void show(GDBusProxy *proxy, const char *sender, const char *signal, GVariant *body);

// What every reply brings: a refusal, which changes nothing, or the state (Register), or what changed at once.
// Among the signals in the order of arrival, so that the newest record wins: do not block for replies.
static void replied(GObject *source, GAsyncResult *result, gpointer member)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(service, result, &error);
    if (error)
        g_print("error %s %s\n", (char *)member, error->message);
    else if (g_variant_is_of_type(reply, G_VARIANT_TYPE("(a{sv})")))
        show(service, NULL, NULL, reply);
}

static void ask(const char *member, GVariant *body)
{
    g_dbus_proxy_call(service, member, body, G_DBUS_CALL_FLAGS_NONE, -1, NULL, replied, (gpointer)member);
}

// The records in a change are whole: nothing has to be put together, and nothing asked.
static void show(GDBusProxy *proxy, const char *sender, const char *signal, GVariant *body)
{
    g_autoptr(GVariant) outer = g_variant_get_child_value(body, 0);
    g_autoptr(GVariant) inner = g_variant_lookup_value(outer, "change", G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariant) records = g_variant_lookup_value(inner ? inner : outer, "calls", G_VARIANT_TYPE("aa{sv}"));
    if (g_variant_lookup(outer, "version", "u", NULL))
        g_print("registered\n");
    for (gsize i = 0, at; records && i < g_variant_n_children(records); i++) {
        g_autoptr(GVariant) call = g_variant_get_child_value(records, i);
        g_autoptr(GVariant) choices = g_variant_lookup_value(call, "choices", NULL);
        // A choice may end another call: a button names what is lost.
        g_autofree char *offers = choices ? g_variant_print(choices, FALSE) : NULL;
        const char *state = WORD(call, "state"), *who = WORD(call, "handle"), *ended = WORD(call, "ended_reason");
        g_print("call %u %s %s %s %s\n", (guint)NUMBER(call, "number"), state, who, ended, offers);
        for (at = 0; at < calls->len && NUMBER(calls->pdata[at], "number") != NUMBER(call, "number"); at++) {}
        if (at == calls->len && g_str_equal(state, "ringing"))
            ask("Presented", g_variant_new("(t)", NUMBER(call, "number")));
        if (at < calls->len)
            g_ptr_array_remove_index(calls, at);
        if (!g_str_equal(state, "ended"))
            g_ptr_array_insert(calls, at, g_variant_ref(call));
    }
}

// The newest call that is in this state, or offers this choice.
static GVariant *newest(const char *what)
{
    for (guint at = calls->len; at-- > 0;) {
        g_autoptr(GVariant) choices = g_variant_lookup_value(calls->pdata[at], "choices", G_VARIANT_TYPE("aa{sv}"));
        gboolean fits = g_str_equal(WORD(calls->pdata[at], "state"), what);
        for (gsize i = 0; choices && i < g_variant_n_children(choices); i++) {
            g_autoptr(GVariant) choice = g_variant_get_child_value(choices, i);
            fits |= g_str_equal(WORD(choice, "choice"), what);
        }
        if (fits)
            return calls->pdata[at];
    }
    return NULL;
}

// With the revision the user saw: if the choices are others by now, nothing is done.
static void act(const char *member, GVariant *call, const char *kind)
{
    if (!call) // It changed meanwhile, or the user mistyped.
        return;
    GVariant *options = g_variant_new_parsed("{'revision': <%t>}", NUMBER(call, "choices_revision"));
    ask(member, kind ? g_variant_new("(ts@a{sv})", NUMBER(call, "number"), kind, options)
                     : g_variant_new("(t@a{sv})", NUMBER(call, "number"), options));
}

static gboolean wished(GIOChannel *input, GIOCondition condition, gpointer loop)
{
    g_autofree char *line = NULL;
    if (g_io_channel_read_line(input, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
        g_main_loop_quit(loop);
    else if (g_str_has_prefix(g_strstrip(line), "choose "))
        act("Choose", newest(line + 7), line + 7);
    else if (g_str_equal(line, "end"))
        act("End", newest("active") ? newest("active") : newest("end") ? newest("end") : newest("cancel"), NULL);
    else
        act(g_str_equal(line, "answer") ? "Answer" : "End", newest("ringing"), NULL);
    return G_SOURCE_CONTINUE;
}

// Register also starts the service, if need be. Its reply is the whole state.
static void owner_changed(void)
{
    g_autofree char *owner = g_dbus_proxy_get_name_owner(service);
    if (owner)
        return;
    g_ptr_array_set_size(calls, 0);
    g_usleep(200000); // One that cannot live must not be started all the time. (A window takes a timer.)
    ask("Register", g_variant_new_parsed("({'name': <'example'>},)"));
}

int main(void)
{
    GMainLoop *loop = g_main_loop_new(NULL, FALSE);
    calls = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
    service = g_dbus_proxy_new_for_bus_sync(G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES, NULL,
        "org.hookswitch.Hookswitch", "/org/hookswitch", "org.hookswitch.Surface1", NULL, NULL);
    g_signal_connect(service, "g-signal::Changed", G_CALLBACK(show), NULL);
    g_signal_connect(service, "notify::g-name-owner", G_CALLBACK(owner_changed), NULL);
    g_io_add_watch(g_io_channel_unix_new(0), G_IO_IN | G_IO_HUP, wished, loop);
    ask("Register", g_variant_new_parsed("({'name': <'example'>},)"));
    g_main_loop_run(loop);
}
