"""What each table of mien promises: its columns, their units and bounds, and its key."""

from mien.tables.shape import Column, Table


def _recording():
    return Column("recording_id", "which recording", "text")


def _person():
    return Column("person_id", "which person; 'mixed' where several people share one track", "text")


def _interval(what):
    return (
        Column("start_s", f"seconds; a {what} is start_s <= t < end_s", low=0),
        Column("end_s", f"seconds; a {what} is start_s <= t < end_s", low=0),
    )


def _share(name, meaning, missing=True):
    return Column(name, f"{meaning}, 0 to 1", low=0, high=1, missing=missing)


RECORDINGS = Table(
    "recordings",
    "media file of a recording",
    (
        _recording(),
        Column("path", "where the file is, relative to this table or absolute", "text"),
        Column(
            "kind", "video, person_audio, mixed_audio, transcript, segments, timeline, chat or participants", "text"
        ),
        Column("person_id", "whose file it is; empty where several people share it", "text", missing=True),
        Column("licence", "the licence of the recording", "text"),
        Column("source", "where it comes from", "text"),
    ),
    ("recording_id", "path"),
    ("label_", "confound_"),
)

FACES = Table(
    "faces",
    "person per sampled frame",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording", low=0),
        _person(),
        _share("face_trust", "how far the landmarks can be trusted"),
        Column("box_x_px", "left edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_y_px", "top edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_w_px", "width of the face, pixels", low=0, missing=True),
        Column("box_h_px", "height of the face, pixels", low=0, missing=True),
        Column("yaw_deg", "degrees, positive when the person turns to the right of the picture", missing=True),
        Column("pitch_deg", "degrees, positive when the person looks up", missing=True),
        Column("roll_deg", "degrees, positive when the head tilts clockwise in the picture", missing=True),
    ),
    ("recording_id", "person_id", "time_s"),
    ("bs_",),
)

VOICE = Table(
    "voice",
    "person per 10 ms",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording, centre of the analysis frame", low=0),
        _person(),
        Column("f0_hz", "fundamental frequency, hertz; NaN where unvoiced", low=0, missing=True),
        Column("voiced", "whether the frame is voiced", "flag"),
        _share("voiced_probability", "probability of voicing"),
        Column("level_db", "root mean square level, dB re full scale; NaN in digital silence", missing=True),
    ),
    ("recording_id", "person_id", "time_s"),
)

TURNS = Table(
    "turns",
    "stretch of speech, turn or backchannel",
    (
        _recording(),
        _person(),
        *_interval("turn"),
        Column("kind", "speech (a stretch without a pause), turn or backchannel", "text"),
        Column(
            "source", "person_audio, segments, transcript, timeline, mixed_audio or active_speaker (by mouths)", "text"
        ),
    ),
)

WINDOWS = Table(
    "windows",
    "person per window",
    (
        _recording(),
        _person(),
        *_interval("window"),
        Column("group_id", "connected component of people and recordings", "text"),
    ),
    ("recording_id", "person_id", "start_s"),
    ("face_", "voice_", "turn_", "text_", "score_", "pseudo_", "trust_", "label_", "confound_", "why"),
    (
        Column(
            "text_n_words",
            "words that the person says in the window by a transcript; not whole, since the words of a cue are shared "
            "out over its time",
            low=0,
            missing=True,
        ),
        Column("text_n_chars", "characters in these words, punctuation included; not whole", low=0, missing=True),
    ),
)

COUPLING = Table(
    "coupling",
    "pair of people, signal and recording",
    (
        _recording(),
        Column("person_a", "the person whose id comes first", "text"),
        Column("person_b", "the other person", "text"),
        Column("signal", "smile, face_motion, head_motion or voice_level", "text"),
        Column("n_windows", "how many windows were whole in both", low=0),
        Column("mean_r", "correlation averaged over windows, at its best lag", low=-1, high=1, missing=True),
        Column("lag_s", "that lag, seconds; positive where b follows a", missing=True),
        Column("peak_r", "largest |r| of a window at any lag, averaged over windows", low=0, high=1, missing=True),
        *(
            column
            for null in ("shift", "shuffle", "pseudo")
            for column in (
                Column(f"n_{null}", f"how many values of the null {null!r}", low=0),
                Column(f"mean_effect_{null}", "|mean_r| above the null, in its standard deviations", missing=True),
                _share(f"mean_p_{null}", "rank of |mean_r| in the null"),
                Column(f"peak_effect_{null}", "peak_r above the null, in its standard deviations", missing=True),
                _share(f"peak_p_{null}", "rank of peak_r in the null"),
            )
        ),
        Column("bleed_r", "level of the silent one's track with that of who speaks", low=-1, high=1, missing=True),
        Column("why", "why a value is missing: 'column or null: reason', joined by '; '", "text", missing=True),
    ),
    ("recording_id", "person_a", "person_b", "signal"),
)

PEOPLE = Table(
    "people",
    "found face or sound, and span of time",
    (
        Column("found", "the face (p1, p2, …) or the name of the sound", "text"),
        Column("person_id", "who that is; empty for nobody", "text", missing=True),
    ),
)

LAYOUT = Table(
    "layout",
    "change of the layout of a meeting's picture",
    (
        _recording(),
        Column("time_s", "seconds from the start of the recording, of the first frame after the change", low=0),
        Column("event", "cut, layout, join, leave, camera_off, camera_on, other, swap or move", "text"),
        Column("person_id", "whose tile; empty where it is the whole picture", "text", missing=True),
        Column("box_x_px", "left edge of the face, pixels of the frame as displayed", missing=True),
        Column("box_y_px", "top edge of the face, pixels", missing=True),
        Column("box_w_px", "width of the face, pixels", low=0, missing=True),
        Column("box_h_px", "height of the face, pixels", low=0, missing=True),
    ),
)

CHAT = Table(
    "chat",
    "message in the chat of a meeting, without its words",
    (
        _recording(),
        Column("person_id", "who wrote it", "text"),
        Column("time_s", "seconds from the start of the recording; NaN where its zero is not known", missing=True),
        Column("kind", "message, or reaction (a sign under a message; known by Zoom's English words)", "text"),
        Column("to", "everybody, or one person, who is not named", "text"),
        Column("n_words", "how many words it has", low=0),
        Column("why", "why a value is missing: 'column: reason'", "text", missing=True),
    ),
)

PREDICTIONS = Table(
    "predictions",
    "window per model and fold",
    (
        _recording(),
        _person(),
        Column("start_s", "seconds; start of the window", low=0),
        Column("group_id", "connected component of people and recordings", "text"),
        Column("target", "the label predicted", "text"),
        Column("signals", "the column prefixes the model saw", "text"),
        Column("model", "which classifier", "text"),
        Column("split", "how people were kept apart", "text"),
        Column("repeat", "which repetition of the split", low=0),
        Column("fold", "which held-out part", low=0),
        Column("truth", "the label", "text"),
    ),
    prefixes=("probability_", "predicted_"),
)

EVIDENCE = Table(
    "evidence",
    "claim tested",
    (
        Column("target", "the label predicted", "text"),
        Column("signals", "the column prefixes the model saw", "text"),
        Column("model", "which classifier", "text"),
        Column("corpus", "which recordings", "text"),
        Column("split", "how people were kept apart", "text"),
        Column("metric", "which score", "text"),
        Column("value", "the score on people never seen", missing=True),
        Column("low", "lower end of the 95 % interval over groups", missing=True),
        Column("high", "upper end of the 95 % interval over groups", missing=True),
        Column("chance", "what the guesser reaches", missing=True),
        Column("best_baseline", "what the best baseline reaches on the same folds", missing=True),
        Column("ceiling", "the best any model could reach; NaN where it has no independent estimate", missing=True),
        _share("p_permuted", "share of label permutations that score as high"),
        Column("n_people", "number of people", low=0),
        Column("n_groups", "number of independent groups", low=0),
        Column("n_windows", "number of windows", low=0),
        Column("seed", "the written seed"),
        Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
)

QUANTITIES = Table(
    "quantities",
    "quantity, scope and part",
    (
        Column("corpus", "which recordings", "text"),
        Column("target", "the label or score it is about; empty: it counts for each", "text", missing=True),
        Column("signals", "the column prefixes it is about; empty: it counts for each", "text", missing=True),
        Column("profile", "profile of the score under test; empty: it counts for each", "text", missing=True),
        Column("metric", "the score in which it is measured; empty: it counts for each", "text", missing=True),
        Column("claim", "the one claim or statement it counts for; empty: it counts for each", "text", missing=True),
        Column("quantity", "its name in AUDIT 7.3, such as ece, transfer_gap or headroom_ratio_best", "text"),
        Column("part", "the corpus, dose or component it was found in; empty: it has no parts", "text", missing=True),
        Column("value", "the number", missing=True),
        Column("low", "lower end of the 95 % interval over groups", missing=True),
        Column("high", "upper end of the 95 % interval over groups", missing=True),
        Column("low90", "lower end of the 90 % interval over groups", missing=True),
        Column("high90", "upper end of the 90 % interval over groups", missing=True),
        Column("interval", "how the interval was made", "text", missing=True),
        Column("n_people", "number of people", low=0, missing=True),
        Column("n_groups", "number of independent groups", low=0, missing=True),
        Column("n_windows", "number of windows", low=0, missing=True),
        Column("source", "what it was found in: a table, a model, a class, a column of groups", "text", missing=True),
        Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
    ("corpus", "target", "signals", "profile", "metric", "claim", "quantity", "part"),
)
"""What verdicts ask for beside evidence rows: one number a row, with its interval and what it is about."""

VERDICTS = Table(
    "verdicts",
    "claim or statement and scope",
    (
        Column("claim", "the claim (C1 to C12) or the statement of vendor (V) or critic (K)", "text"),
        Column("side", "vendor, critic, or none for a claim", "text"),
        Column("target", "the label predicted", "text"),
        Column("metric", "the score in which gaps are measured", "text"),
        Column("corpus", "which recordings", "text"),
        Column("label_source", "acted, observer, partner, self or outcome; empty: not stated", "text", missing=True),
        Column("population", "who was recorded", "text"),
        Column("profile", "profile of the score under test; none where there is no such score", "text"),
        Column("signals", "the column prefixes the model saw", "text"),
        Column("verdict", "the verdict by the rules", "text"),
        Column("wording", "the verdict in the words that may be printed", "text"),
        Column("individual_use", "yes where the rules also allow use for single people", "text"),
        Column("why", "gates that failed, or leaves that were met and were not, with numbers", "text", missing=True),
        Column("would_change_if", "what would change the verdict", "text", missing=True),
        Column("mirror", "what the other side's statement on the same matter got", "text", missing=True),
        Column("rests_on", "ids of evidence rows, corpus/target/signals/model/split/metric", "text", missing=True),
        Column("rules_sha256", "sha256 of the rules", "text"),
    ),
    ("claim", "target", "metric", "corpus", "profile", "signals"),
)

ROLES = Table(
    "roles",
    "person",
    (
        _person(),
        Column("role", "A (host side), B (the side that is judged), interpreter or signer", "text"),
    ),
    ("person_id",),
)

CONSENT_SCOPES = ("extract", "train", "share", "publish", "score_people")
"""What somebody who is recorded may agree to: that features are taken, that models learn from them, that they are
passed on or published, and that a score of one person is shown."""

CONSENT = Table(
    "consent",
    "media file of a recording",
    (
        _recording(),
        Column(
            "consent_scope",
            f"what everybody in the recording agreed to: {', '.join(CONSENT_SCOPES)}, joined by +; empty: nothing",
            "text",
            missing=True,
        ),
    ),
)
"""Consent as it is written into a table of recordings; what is not written there was not given."""

SCORES = Table(
    "scores",
    "recording, side that is judged, score and profile",
    (
        Column("recording_id", "which recording; 'all' for the mean over recordings", "text"),
        Column(
            "person_id", "who is judged, several joined by +; empty where no person is told apart", "text", missing=True
        ),
        Column("score", "openengage, or a comparator", "text"),
        Column("profile", "norm_referenced or fixed_curve; none for a comparator without profiles", "text"),
        Column("value", "0 to 100", low=0, high=100, missing=True),
        Column("low", "lower end of the 95 % interval", low=0, high=100, missing=True),
        Column("high", "upper end of the 95 % interval", low=0, high=100, missing=True),
        Column("sem_points", "standard error of measurement from finite length alone, points", low=0, missing=True),
        *(
            Column(f"{name}{end}", f"{what}{of}", missing=True)
            for name, what in (
                ("talk_share_B", "share of speech of the side that is judged, 0 to 1"),
                ("lag_B_s", "median signed response lag of that side, seconds"),
                ("changes_per_min", "changes of floor between the sides a minute"),
            )
            for end, of in (("", ""), ("_low", ", lower end"), ("_high", ", upper end"))
        ),
        Column("reference", "id of the norms; empty where none are used", "text", missing=True),
        Column("reference_sha256", "sha256 of the norms", "text", missing=True),
        Column("n_people", "how many people the row is about", low=0),
        Column("why", "why a value is missing: 'column: reason', joined by '; '", "text", missing=True),
    ),
    ("recording_id", "person_id", "score", "profile"),
)

BUILT = (FACES, VOICE, TURNS, WINDOWS, COUPLING, PEOPLE, LAYOUT, CHAT)
ALL = {t.name: t for t in (RECORDINGS, *BUILT, PREDICTIONS, EVIDENCE, QUANTITIES, VERDICTS, ROLES, CONSENT, SCORES)}
