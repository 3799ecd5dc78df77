// libhookswitch: make and take calls through the Hookswitch call service. Licence: MIT OR Apache-2.0.
// Made by cbindgen from crates/capi: change it there, then HEADER=record cargo test --workspace --test header.
//
// The library has a thread of its own for the bus. The app's functions are called only by hookswitch_provider_dispatch, on
// the app's thread, when the descriptor of hookswitch_provider_fd becomes readable: that fits into any event loop (GLib,
// Qt, libuv, poll), and the app needs no locks. An example: examples/c/with_library.c.
//
// What holds for every function:
// - Strings are UTF-8 and end with NUL. What the app passes is copied; what it is given is valid during the call.
// - A struct the app makes begins with `size`, set to its sizeof; all else may be zero, which is the default. Later
//   versions only add fields at the end, so a program built with an old header goes on working.
// - A wrong argument is an error like any other; a null provider is ignored.
// - They may be called from any thread, also from within the app's own functions; hookswitch_provider_free last.

#ifndef HOOKSWITCH_H
#define HOOKSWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Invite the callee.
#define HOOKSWITCH_START_CALL 1

// Connect the call.
#define HOOKSWITCH_ANSWER_CALL 2

// End the call.
#define HOOKSWITCH_END_CALL 3

// Hold the call, or take it from hold.
#define HOOKSWITCH_SET_HELD 4

// Mute or unmute the microphone.
#define HOOKSWITCH_SET_MUTED 5

// Send tones.
#define HOOKSWITCH_PLAY_DTMF 6

// Make the call one conversation with another, or take it out of its group.
#define HOOKSWITCH_SET_GROUP 7

// Turn video on or off.
#define HOOKSWITCH_SET_VIDEO 8

// Translate the call, or stop it.
#define HOOKSWITCH_SET_TRANSLATING 9

// Not said: what it was stays, or the default.
#define HOOKSWITCH_UNSET 0

// Yes; so is true of stdbool.h.
#define HOOKSWITCH_YES 1

// No. Not 0, which is not said.
#define HOOKSWITCH_NO 2

// An address of any form.
#define HOOKSWITCH_HANDLE_GENERIC 0

// A telephone number.
#define HOOKSWITCH_HANDLE_PHONE_NUMBER 1

// An address like one of mail.
#define HOOKSWITCH_HANDLE_EMAIL_ADDRESS 2

// The size of a call's id with its NUL, for `hookswitch_new_call`.
#define HOOKSWITCH_CALL_SIZE 37

// Ended because it did not work.
#define HOOKSWITCH_ENDED_FAILED 0

// The other end hung up.
#define HOOKSWITCH_ENDED_REMOTE_ENDED 1

// Nobody answered.
#define HOOKSWITCH_ENDED_UNANSWERED 2

// Another device of this user answered.
#define HOOKSWITCH_ENDED_ANSWERED_ELSEWHERE 3

// Another device of this user declined.
#define HOOKSWITCH_ENDED_DECLINED_ELSEWHERE 4

// It rings here.
#define HOOKSWITCH_STATE_RINGING 0

// The invitation has left.
#define HOOKSWITCH_STATE_DIALING 1

// The other end was reached.
#define HOOKSWITCH_STATE_CONNECTING 2

// Both can talk.
#define HOOKSWITCH_STATE_ACTIVE 3

// On hold.
#define HOOKSWITCH_STATE_HELD 4

// It rings at the other end.
#define HOOKSWITCH_TONE_RINGBACK 0

// The other end is in a call.
#define HOOKSWITCH_TONE_BUSY 1

// The call cannot be put through.
#define HOOKSWITCH_TONE_FAILURE 2

// One waits, and will be taken again.
#define HOOKSWITCH_TONE_HOLD 3

// An app's line to the call service. One for each app, for as long as it can take calls.
typedef struct hookswitch_provider hookswitch_provider;

// Why something did not happen. Made by the library only, so it may grow at its end.
typedef struct {
  // Its size.
  size_t size;
  // For programs: what stands behind `org.hookswitch.Error.` in data/dbus, as `CannotHold`; or one of the library's own:
  // InvalidArgument, NoBus, Unreachable, Restarting, TimedOut, BusLost, LetGo, NameTaken, Malformed, Bus, Internal.
  // The list is open.
  const char *name;
  // For people: the cause, and what to do now.
  const char *text;
} hookswitch_error;

// What an app says about itself, for `hookswitch_provider_new`.
typedef struct {
  // Its size: `sizeof(hookswitch_configuration)`.
  size_t size;
  // Required: the app's id, which is the name of its desktop entry. The library owns it as a bus name.
  const char *app_id;
  // The app's account, 1 to 255 bytes. Default: `default`.
  const char *account;
  // What to call the account, if the user has to choose.
  const char *account_label;
  // How many groups (a call by itself is one) at once, ringing ones not counted. 0: 2.
  uint32_t maximum_call_groups;
  // How many calls in a group. 0: 5; 1: no conferencing.
  uint32_t maximum_calls_per_call_group;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
  int32_t includes_calls_in_recents;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default).
  int32_t supports_video;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default): its calls can be translated, by the app.
  int32_t supports_audio_translation;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default): it may make emergency calls. Granted by the system, not taken at its word.
  int32_t emergency;
  // Which kinds of handle the app can dial: 1 << HOOKSWITCH_HANDLE_..., added up. 0: nothing offers to dial with it.
  uint32_t supported_handle_kinds;
  // How long a call may be dialed without a sign of life, in milliseconds. 0: 120000.
  uint32_t stuck_timeout_ms;
  // The address of the bus. Default: the session bus.
  const char *bus_address;
} hookswitch_configuration;

// What the service asks the app to perform. Valid during the call of the app's function; keep the id. Made by the
// library only, so it may grow at its end. What an action does not have is null or zero.
typedef struct {
  // Its size.
  size_t size;
  // The action's own id, for `hookswitch_fulfill` and `hookswitch_fail`. Not the call's.
  uint64_t id;
  // Which: HOOKSWITCH_START_CALL and so on, for functions that perform several.
  int32_t kind;
  // The call, as the app named it; of a call that was dialed on a call screen it is new.
  const char *call;
  // The app's own transaction it comes from; 0: somebody else's wish, as the user's on a call screen.
  uint64_t transaction;
  // Time left, in milliseconds; then it counts as failed.
  uint32_t deadline_ms;
  // Another call takes over once this is done: do not tear audio down.
  bool handing_over;
  // Start: whom.
  const char *handle;
  // Start: HOOKSWITCH_HANDLE_...
  int32_t handle_kind;
  // Start: what to call the other end where no contact matches.
  const char *handle_name;
  // Start: with which of the app's accounts.
  const char *account;
  // Start: with video. Set video: the wanted state.
  bool video;
  // Start: to an emergency service, for an app that may. Everybody else has made way.
  bool emergency;
  // End: hang_up, decline, cancel, unanswered or failed. The list is open.
  const char *end_kind;
  // Set held: the wanted state.
  bool held;
  // Set muted: the wanted state.
  bool muted;
  // Set muted: the call is translated: send silence, but keep capturing, or the translation stops.
  bool keep_capturing;
  // Play DTMF: 1 to 64 of 0-9 * # A-D; in a soft_pause also a comma: wait once more.
  const char *digits;
  // Play DTMF: single_tone, soft_pause or hard_pause. The list is open.
  const char *dtmf_type;
  // Set group: the call to be in one group with; null: leave the group.
  const char *with;
  // Set translating: what is spoken here, a language tag as de or pt-BR; null: not any more.
  const char *local_language;
  // Set translating: what is spoken there.
  const char *remote_language;
} hookswitch_action;

// A function that performs an action.
typedef void (*hookswitch_perform)(void *data, hookswitch_provider *provider, const hookswitch_action *action);

// A function that is told of a call.
typedef void (*hookswitch_of_call)(void *data, hookswitch_provider *provider, const char *call);

// The audio session of a call. Valid during the call of the function that is given it, with its texts.
typedef struct {
  // Its size: a later version may have more at the end.
  size_t size;
  // What the call's streams say in their property `hookswitch.session`, of PipeWire or the pulse server; null: nothing.
  const char *token;
  // The role of the streams: Communication.
  const char *role;
  // The device to play to, by its name in the sound server; null: the default one.
  const char *sink;
  // The device to listen to; null: the default one.
  const char *source;
  // Where the call is heard, by id; null: not known yet.
  const char *endpoint;
  // Its kind: earpiece, speaker, wired or bluetooth; null: not known. The list is open.
  const char *endpoint_kind;
  // The sound server: pipewire, pulseaudio or none; null: not known yet.
  const char *server;
  // Samples a second that suit.
  uint32_t rate;
  // Channels that suit.
  uint32_t channels;
  // Milliseconds of sound in one piece that suit.
  uint32_t latency_ms;
} hookswitch_audio_session;

// What an app does when the service asks or tells it something. Called by `hookswitch_provider_dispatch` only, in the
// order the service spoke. `data` is what the app gave to `hookswitch_provider_new`. A function that is null does
// nothing; what it was to perform fails. They must return soon, and must not throw or jump out.
//
// Each action is completed once, with `hookswitch_fulfill` or `hookswitch_fail`, at once or later. A second action, an end
// always, may come while one is pending.
typedef struct {
  // Its size: `sizeof(hookswitch_delegate)`.
  size_t size;
  // The app is registered: calls may be reported and requested. Also after each reset.
  void (*did_begin)(void *data, hookswitch_provider *provider);
  // The service restarted and knows none of the app's calls, and no action is to be completed any more. Drop every call;
  // or, if `adopt_within_ms` is not 0, report each again within that time with `hookswitch_adopt_call`.
  void (*did_reset)(void *data, hookswitch_provider *provider, uint32_t adopt_within_ms);
  // Invite the callee; fulfilled = the invitation has left. 15 s by default.
  hookswitch_perform perform_start_call;
  // Connect the call; fulfilled = both can talk. 30 s by default; failed or late, the call ends as failed.
  hookswitch_perform perform_answer_call;
  // End the call. 5 s by default; for everybody else it ends in any case.
  hookswitch_perform perform_end_call;
  // Hold the call, or take it from hold. 5 s by default.
  hookswitch_perform perform_set_held;
  // Mute or unmute the microphone for the call. 5 s by default.
  hookswitch_perform perform_set_muted;
  // Send tones. 5 s by default.
  hookswitch_perform perform_play_dtmf;
  // Make the call one conversation with another of this app, or take it out of its group. 5 s by default.
  hookswitch_perform perform_set_group_call;
  // Turn video on or off. 5 s by default.
  hookswitch_perform perform_set_video;
  // Translate the call, or stop it; fulfilled = the app does so. 5 s by default.
  hookswitch_perform perform_set_translating;
  // An action ran out of time: it counts as failed, and the call may be over too. Completing it now does nothing.
  void (*timed_out)(void *data, hookswitch_provider *provider, uint64_t action, const char *call);
  // The call has the audio: start its media now, not before. May come again and means the same then.
  hookswitch_of_call did_activate_audio_session;
  // The call lost the audio: stop its media.
  hookswitch_of_call did_deactivate_audio_session;
  // A transaction the app requested is over. `results` has a word for each of its `count` actions: fulfilled, failed,
  // timed_out, provider_lost, call_ended, cannot_hold or not_performed. The list is open.
  void (*transaction_finished)(void *data,
                               hookswitch_provider *provider,
                               uint64_t transaction,
                               const char *const *results,
                               size_t count);
  // The connection to the bus is gone for good, or the service would not have the app back. The last function called:
  // drop the calls, and free the provider.
  void (*did_lose_bus)(void *data, hookswitch_provider *provider);
  // The audio session of a call: open what it needs, but play and capture nothing yet. It comes with the call, and again
  // before each `did_activate_audio_session`, as the device may be another then. Not where the service has no audio.
  void (*prepare_audio_session)(void *data,
                                hookswitch_provider *provider,
                                const char *call,
                                const hookswitch_audio_session *session);
} hookswitch_delegate;

// News of a call. What is null or HOOKSWITCH_UNSET keeps its value; in the first report it has its default.
typedef struct {
  // Its size: `sizeof(hookswitch_update)`.
  size_t size;
  // The address of the other end, at most 256 bytes.
  const char *handle;
  // HOOKSWITCH_HANDLE_...
  int32_t handle_kind;
  // What to call the other end where no contact matches.
  const char *handle_name;
  // Overrides the name the system would find.
  const char *name;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
  int32_t supports_holding;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
  int32_t supports_grouping;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
  int32_t supports_ungrouping;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO.
  int32_t supports_dtmf;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO: video can be turned on, with an app that can do video.
  int32_t supports_video;
  // HOOKSWITCH_YES (default) or HOOKSWITCH_NO: it can be translated, with an app that can do that.
  int32_t supports_translation;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default).
  int32_t has_video;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default): an emergency service calls back. For an app that may make emergency calls.
  int32_t emergency;
  // HOOKSWITCH_NO: not into recents. Only the first report decides.
  int32_t in_recents;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default): the media is lost and being set up again.
  int32_t reconnecting;
} hookswitch_update;

// The answer to something the app asked. Called once, by `hookswitch_provider_dispatch`, with the `data` that was given
// along. `error` is null if it was accepted, and valid during the call. `value` is the number of an admitted call, or the
// id of an accepted transaction, or 0.
typedef void (*hookswitch_done)(void *data, uint64_t value, const hookswitch_error *error);

// Whom to dial, and how.
typedef struct {
  // Its size: `sizeof(hookswitch_start)`.
  size_t size;
  // Required: whom, 1 to 256 bytes.
  const char *handle;
  // HOOKSWITCH_HANDLE_...
  int32_t handle_kind;
  // What to call the other end where no contact matches.
  const char *handle_name;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default).
  int32_t video;
  // With which of the app's accounts. Default: the first.
  const char *account;
  // HOOKSWITCH_YES or HOOKSWITCH_NO (default): to an emergency service. Everybody else makes way.
  int32_t emergency;
} hookswitch_start;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Free an error that a function gave. Null is ignored. Not for errors that are passed to the app's own functions.
void hookswitch_error_free(hookswitch_error *error);

// Connect to the session bus, own the app id as a bus name, and register; the service is started if need be. Waits for
// the service's answer, which takes milliseconds, but at most half a minute.
//
// Null if it did not work; `error` (which may be null) has the reason then, for `hookswitch_error_free`. `data` is handed
// back to each function of the delegate. Free it with `hookswitch_provider_free`. Not to be taken through a fork.
hookswitch_provider *hookswitch_provider_new(const hookswitch_configuration *configuration,
                                             const hookswitch_delegate *delegate,
                                             void *data,
                                             hookswitch_error **error);

// A descriptor that is readable while `hookswitch_provider_dispatch` has something to do: wait for it in the app's event
// loop, for reading. Do not read or close it. It lives as long as the provider. -1 for null.
int hookswitch_provider_fd(const hookswitch_provider *provider);

// Call the app's functions for what happened, and return how many. Never waits. 0 if it is called from within one of them.
int hookswitch_provider_dispatch(hookswitch_provider *provider);

// Be no provider any more: live calls end as failed, the bus name is given back. No function of the app's is called any
// more. Waits for the service for at most five seconds. Null is ignored. The pointer is invalid from here on.
void hookswitch_provider_free(hookswitch_provider *provider);

// Write a new id for a call, never used before (a random UUID), to `id`, which has room for HOOKSWITCH_CALL_SIZE bytes.
void hookswitch_new_call(char *id);

// Complete an action: it worked, now. False: there is no such pending action (any more).
bool hookswitch_fulfill(hookswitch_provider *provider, uint64_t action);

// As `hookswitch_fulfill`, and it worked at `date`: milliseconds since 1970-01-01 UTC.
bool hookswitch_fulfill_at(hookswitch_provider *provider, uint64_t action, int64_t date);

// Complete an action: it did not work. `text` goes to the service's journal only; put no names or addresses in it. False:
// there is no such pending action (any more).
bool hookswitch_fail(hookswitch_provider *provider,
                     uint64_t action,
                     const char *text);

// Report an incoming call: it is admitted and rings, or it is refused and was never shown. `call` is the app's own id of
// it, a UUID, from its signalling or from `hookswitch_new_call`. `update` may be null.
//
// Wait for `done` before telling the caller that it rings. A perform for the call may come before `done`.
void hookswitch_report_incoming_call(hookswitch_provider *provider,
                                     const char *call,
                                     const hookswitch_update *update,
                                     hookswitch_done done,
                                     void *data);

// Facts of a call changed. Only what is set in `update` changes.
void hookswitch_report_call_updated(hookswitch_provider *provider,
                                    const char *call,
                                    const hookswitch_update *update,
                                    hookswitch_done done,
                                    void *data);

// The far side of an outgoing call was reached, and media is being set up. `date` is in milliseconds since 1970-01-01 UTC;
// 0: now. Said again it is a sign of life.
void hookswitch_report_outgoing_call_started_connecting(hookswitch_provider *provider,
                                                        const char *call,
                                                        int64_t date,
                                                        hookswitch_done done,
                                                        void *data);

// Both sides of an outgoing call can talk: the timer starts. `date` as above.
void hookswitch_report_outgoing_call_connected(hookswitch_provider *provider,
                                               const char *call,
                                               int64_t date,
                                               hookswitch_done done,
                                               void *data);

// The call ended, for a reason other than this user: HOOKSWITCH_ENDED_... What the user does in the app is requested with
// `hookswitch_request_end_call` instead. `date` as above.
void hookswitch_report_call_ended(hookswitch_provider *provider,
                                  const char *call,
                                  int32_t reason,
                                  int64_t date,
                                  hookswitch_done done,
                                  void *data);

// Report a call again that was live before the service restarted, within the time `did_reset` gave: HOOKSWITCH_STATE_...,
// whether its microphone is muted, and another call it is in one group with, or null. `update` has facts that changed meanwhile, and may be null. If it is refused
// (NotAdoptable), end the call in the app.
void hookswitch_adopt_call(hookswitch_provider *provider,
                           const char *call,
                           int32_t state,
                           bool muted,
                           const char *group_with,
                           const hookswitch_update *update,
                           hookswitch_done done,
                           void *data);

// The user dials in the app. It comes back as `perform_start_call`; another app's call may be held first. `call` is a new
// id, from `hookswitch_new_call`.
//
// For each request: `done` has the service's decision, and in `value` the transaction; its outcome comes with
// `transaction_finished`. A refused request changes nothing.
void hookswitch_request_start_call(hookswitch_provider *provider,
                                   const char *call,
                                   const hookswitch_start *start,
                                   hookswitch_done done,
                                   void *data);

// The user answers in the app, in the way that touches nobody else or at most holds.
void hookswitch_request_answer_call(hookswitch_provider *provider,
                                    const char *call,
                                    hookswitch_done done,
                                    void *data);

// The user ends, declines or gives up in the app. Ending an ended call succeeds.
void hookswitch_request_end_call(hookswitch_provider *provider,
                                 const char *call,
                                 hookswitch_done done,
                                 void *data);

// The user holds (true) or resumes (false) in the app.
void hookswitch_request_set_held(hookswitch_provider *provider,
                                 const char *call,
                                 bool held,
                                 hookswitch_done done,
                                 void *data);

// The user mutes (true) or unmutes (false) the microphone in the app.
void hookswitch_request_set_muted(hookswitch_provider *provider,
                                  const char *call,
                                  bool muted,
                                  hookswitch_done done,
                                  void *data);

// The user taps keys in the app: 1 to 64 of 0-9 * # A-D.
void hookswitch_request_play_dtmf(hookswitch_provider *provider,
                                  const char *call,
                                  const char *digits,
                                  hookswitch_done done,
                                  void *data);

// The user makes the call one conversation with another of this app's in the app, or (`with` null) takes it out of its
// group.
void hookswitch_request_set_group_call(hookswitch_provider *provider,
                                       const char *call,
                                       const char *with,
                                       hookswitch_done done,
                                       void *data);

// The user ends the call in the app, and everybody who is in one group with it.
void hookswitch_request_end_group(hookswitch_provider *provider,
                                  const char *call,
                                  hookswitch_done done,
                                  void *data);

// The user turns video on (true) or off (false) in the app.
void hookswitch_request_set_video(hookswitch_provider *provider,
                                  const char *call,
                                  bool video,
                                  hookswitch_done done,
                                  void *data);

// The user has the call translated in the app: `local_language` is spoken here and `remote_language` there, language tags as
// de or pt-BR. Both null: not any more.
void hookswitch_request_set_translating(hookswitch_provider *provider,
                                        const char *call,
                                        const char *local_language,
                                        const char *remote_language,
                                        hookswitch_done done,
                                        void *data);

// Have the service play a tone in a call that has the audio, where the call is heard, as telephones of the user's country
// sound: HOOKSWITCH_TONE_.... It goes on until `hookswitch_stop_tone`, another tone, or the loss of the audio; ringback also
// until the call is connected. Refused with AudioNotActive before `did_activate_audio_session`.
void hookswitch_play_tone(hookswitch_provider *provider,
                          const char *call,
                          int32_t tone,
                          hookswitch_done done,
                          void *data);

// No tone in this call any more. If there is none, nothing happens.
void hookswitch_stop_tone(hookswitch_provider *provider, const char *call, hookswitch_done done, void *data);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HOOKSWITCH_H */
