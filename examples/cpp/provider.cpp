// An app that can call, with QtDBus (Debian: qtbase5-dev): provider [APP_ID]
// SIGUSR1: somebody calls. SIGUSR2: the far side of the newest call hangs up. SIGTERM: the app leaves.
// Signalling and media belong where this prints a line. Every key and error: data/dbus/*.xml.

#include <QtCore>
#include <QtDBus>
#include <csignal>
#include <unistd.h>

struct Call {
    QString id;
    QVariantMap record; // as AdoptCall takes it
    bool operator==(const QString &other) const { return id == other; }
};
static const QString NAME = "org.hookswitch.Hookswitch";
static QTextStream out(stdout);
static QString appId = "org.example.PhoneCpp";
static QString service;     // its connection: nobody else may tell us what to do
static QVector<Call> calls; // our live calls, the newest last

// Whether it was accepted. A refusal changes nothing; it says why, and what to do now.
static bool ask(const QString &member, const QVariantList &arguments)
{
    auto message = QDBusMessage::createMethodCall(NAME, "/org/hookswitch", "org.hookswitch.Provider1", member);
    message.setArguments(arguments);
    const QDBusMessage reply = QDBusConnection::sessionBus().call(message);
    if (reply.type() != QDBusMessage::ReplyMessage)
        out << "error " << member << " " << reply.errorName() << " " << reply.errorMessage() << Qt::endl;
    return reply.type() == QDBusMessage::ReplyMessage;
}

// The service came, for the first time or again, or it left.
static void serviceIs(const QString &, const QString &, const QString &owner)
{
    service = owner;
    if (service.isEmpty()) // Media goes on. Not at once: one that cannot live must not be started all the time.
        return QTimer::singleShot(200, [] { QDBusConnection::sessionBus().interface()->startService(NAME); });
    // Call screens offer to dial handles of these kinds with this app.
    if (!ask("Register", {QVariantMap{{"app_id", appId}, {"supported_handle_kinds", QStringList("email_address")}}}))
        return QCoreApplication::exit(1);
    // What is not adopted is seen by nobody any more: hang up.
    const auto refused = [](const Call &call) { return !ask("AdoptCall", {call.id, call.record}); };
    calls.erase(std::remove_if(calls.begin(), calls.end(), refused), calls.end());
    out << "registered, with " << calls.size() << " calls" << Qt::endl;
}

class Delegate : public QDBusVirtualObject {
    // The service tells us something, or asks us to perform something. False: Qt replies that it is unknown.
    bool handleMessage(const QDBusMessage &message, const QDBusConnection &bus) override
    {
        const QString member = message.member(), id = message.arguments().value(1).toString();
        if (message.interface() != "org.hookswitch.ProviderDelegate1" || message.service() != service)
            return false;
        if (!member.startsWith("Perform")) { // DidActivateAudioSession: start media, DidDeactivate...: stop it
            out << member << " " << message.arguments().value(0).toString() << Qt::endl;
            return true; // These want no reply.
        }
        const auto details = qdbus_cast<QVariantMap>(message.arguments().value(2));
        out << member << " " << id << " " << details.value("held", details.value("kind")).toString() << Qt::endl;
        const auto call = std::find(calls.begin(), calls.end(), id);
        if (member == "PerformStartCall")
            calls.append({id, {{"state", "dialing"}}});
        else if (call == calls.end())
            return bus.send(message.createErrorReply("org.hookswitch.Error.Failed", "This app has no such call."));
        else if (member == "PerformEndCall")
            calls.erase(call);
        else if (member == "PerformAnswerCall" || member == "PerformSetHeld")
            call->record["state"] = details["held"].toBool() ? "held" : "active";
        else if (member == "PerformSetMuted")
            call->record["muted"] = details["muted"];
        else if (member != "PerformPlayDtmf")
            return false;
        // An empty record: it is done. To take longer, reply `deferred`, and complete the action with Fulfill.
        bus.send(message.createReply(QVariantMap()));
        if (member == "PerformStartCall" && ask("ReportOutgoingCallStartedConnecting", {id, QVariantMap()})
            && ask("ReportOutgoingCallConnected", {id, QVariantMap()}))
            calls.last().record["state"] = "active";
        return true;
    }
    QString introspect(const QString &) const override { return {}; }
};

static void signalled(int end)
{
    int number = 0;
    (void)!read(end, &number, sizeof number);
    const QString id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    if (number == SIGTERM)
        QCoreApplication::exit(ask("Invalidate", {}) ? 0 : 1);
    if (number == SIGUSR2 && !calls.isEmpty())
        ask("ReportCallEnded", {calls.takeLast().id, QVariantMap{{"reason", "remote_ended"}}});
    if (number == SIGUSR1
        && ask("ReportNewIncomingCall", {id, QVariantMap{{"handle", "anna@example.org"}, {"name", "Anna"}}})) {
        calls.append({id, {{"state", "ringing"}}}); // else it was never shown
        out << "ringing " << id << Qt::endl;
    }
}

int main(int argc, char **argv)
{
    static int ends[2]; // A signal interrupts anything, so all it does is to wake the event loop.
    QCoreApplication app(argc, argv);
    QSocketNotifier woken(pipe(ends) == 0 ? ends[0] : -1, QSocketNotifier::Read);
    QObject::connect(&woken, &QSocketNotifier::activated, signalled);
    for (int number : {SIGUSR1, SIGUSR2, SIGTERM})
        std::signal(number, [](int number) { (void)!write(ends[1], &number, sizeof number); });
    appId = app.arguments().value(1, appId);
    auto bus = QDBusConnection::sessionBus();
    Delegate delegate;
    bus.registerVirtualObject("/org/hookswitch/ProviderDelegate", &delegate);
    QDBusServiceWatcher watcher(NAME, bus);
    QObject::connect(&watcher, &QDBusServiceWatcher::serviceOwnerChanged, serviceIs);
    if (bus.registerService(appId)) {
        serviceIs({}, {}, bus.interface()->serviceOwner(NAME));
        return app.exec();
    }
    out << "error: there is no session bus, or " << appId << " runs already: use that one" << Qt::endl;
    return 1;
}
