// A call screen on a terminal, with QtDBus (Debian: qtbase5-dev): surface
// Prints calls as they change, and does what the lines on its input say: `answer` and `decline` the newest
// that rings, `end` the newest that is active, `choose KIND` one of the choices printed for a call.
// Only what the desktop entry of a surface starts may be one: try `hookswitch private --surface PROGRAM`.

#include <QtCore>
#include <QtDBus>
#include <iostream>
#include <thread>

using Records = QList<QVariantMap>;
Q_DECLARE_METATYPE(Records)

static const QString NAME = "org.hookswitch.Hookswitch", PATH = "/org/hookswitch";
static const QString SURFACE = "org.hookswitch.Surface1";
static QTextStream out(stdout);

class Screen : public QObject {
    Q_OBJECT
    QMap<qulonglong, QVariantMap> calls; // the live calls by number, each as the service said it last
    QDBusConnection bus = QDBusConnection::sessionBus();

    // Replies and signals go to a slot in the order of arrival, so that the newest record wins. (A watcher may
    // tell of a reply after the signals behind it.)
    void ask(const QString &member, const QVariantList &arguments, const char *then = SLOT(show(QVariantMap)))
    {
        auto message = QDBusMessage::createMethodCall(NAME, PATH, SURFACE, member);
        message.setArguments(arguments);
        bus.callWithCallback(message, this, then, SLOT(refused(QDBusError)));
    }

    // The newest call that is in this state, or offers this choice.
    QVariantMap newest(const QString &what) const
    {
        QVariantMap found;
        for (const auto &call : calls) {
            const auto choices = qdbus_cast<Records>(call["choices"]);
            const auto fits = [&](const QVariantMap &choice) { return choice["choice"] == what; };
            if (call["state"] == what || std::any_of(choices.begin(), choices.end(), fits))
                found = call;
        }
        return found;
    }

    // With the revision the user saw: if the choices are others by now, nothing is done.
    void act(const QString &member, const QVariantMap &call, const QVariantList &kind = {})
    {
        const QVariantMap options{{"revision", call["choices_revision"]}};
        if (!call.isEmpty())
            ask(member, QVariantList{call["number"]} + kind + QVariantList{options});
    }

public slots:
    // The state (Register), a change, or a reply with what changed at once. The records in it are whole.
    void show(const QVariantMap &change)
    {
        if (change.contains("version"))
            out << "registered" << Qt::endl;
        if (change.contains("change"))
            show(qdbus_cast<QVariantMap>(change["change"]));
        for (const auto &call : qdbus_cast<Records>(change["calls"])) {
            const auto number = call["number"].toULongLong();
            const auto state = call["state"].toString();
            out << "call " << number << " " << state << " " << call["handle"].toString();
            for (const auto &choice : qdbus_cast<Records>(call["choices"])) {
                out << " " << choice["choice"].toString();
                if (choice.contains("ends")) // It costs another call: a button names what is lost.
                    out << "(ends " << choice["ends"].toULongLong() << ")";
            }
            out << " " << call["ended_reason"].toString() << Qt::endl;
            if (state == "ringing" && !calls.contains(number))
                ask("Presented", {number}, SLOT(presented()));
            calls[number] = call;
            if (state == "ended")
                calls.remove(number);
        }
    }

    void presented() {}
    // Nothing changed. The text says why, and what to do now.
    void refused(const QDBusError &error) { out << "error " << error.name() << " " << error.message() << Qt::endl; }

    void wished(const QString &line)
    {
        if (line == "answer" || line == "decline")
            act(line == "answer" ? "Answer" : "End", newest("ringing"));
        else if (line == "end")
            act("End", newest(newest("active").isEmpty() ? "end" : "active"));
        else if (line.startsWith("choose "))
            act("Choose", newest(line.mid(7)), {line.mid(7)});
    }

    // The service came, for the first time or again, or it left.
    void serviceIs(const QString &, const QString &, const QString &owner)
    {
        calls.clear();
        if (owner.isEmpty()) // Not at once, as one that cannot live must not be started all the time.
            return QTimer::singleShot(200, this, [this] { bus.interface()->startService(NAME); });
        ask("Register", {QVariantMap{{"name", "example"}}}); // Its reply is the whole state.
    }
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    auto bus = QDBusConnection::sessionBus();
    Screen screen;
    bus.connect(NAME, PATH, SURFACE, "Changed", &screen, SLOT(show(QVariantMap)));
    QDBusServiceWatcher watcher(NAME, bus);
    QObject::connect(&watcher, &QDBusServiceWatcher::serviceOwnerChanged, &screen, &Screen::serviceIs);
    screen.serviceIs({}, {}, bus.interface()->serviceOwner(NAME));
    std::thread([&] {
        for (std::string line; std::getline(std::cin, line);)
            QMetaObject::invokeMethod(&screen, [&screen, line] { screen.wished(QString::fromStdString(line)); });
        QMetaObject::invokeMethod(&app, &QCoreApplication::quit);
    }).detach();
    return app.exec();
}
#include "surface.moc"
