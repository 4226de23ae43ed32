"""Recording folders as Zoom writes them, built by the tests: SYNTHETIC people, or two real clips side by side."""

import json
import shutil
from pathlib import Path

import av
import numpy as np

from mien import media, synthetic

RATE_HZ = 16000
NAME = "2024-05-01 14.00.00 Weekly"
EMAILS = ("ada.l@example.org", "ben@example.org", "cleo@example.org")
LATE_S = 0.25
"""How much too late the sound file of the second person begins: what is heard in it must be moved by this much."""


def cue(start_s, end_s, text):
    stamps = [f"00:{int(t) // 60:02}:{t % 60:06.3f}" for t in (start_s, end_s)]
    return f"{stamps[0]} --> {stamps[1]}\n{text}\n"


def synthetic_folder(parent):
    """A SYNTHETIC local recording of 24 s; returns the folder and the truth."""
    settings = synthetic.ConversationSettings(duration_s=24.0, width_px=640, height_px=320, face_width_px=110.0)
    talk = synthetic.write_recording(parent / "made", settings)
    heard = synthetic.sounds(talk)
    folder = parent / NAME
    folder.mkdir()
    shutil.move(parent / "made" / "gallery.mp4", folder / "video1234567890.mp4")
    shutil.move(parent / "made" / "SYNTHETIC.txt", folder / "SYNTHETIC.txt")
    speech = talk.turns[talk.turns["kind"] == "speech"]
    said = [(row.person_id, row.start_s, row.end_s) for row in speech.itertuples()]
    _write(folder, heard.pop("mixed"), heard["ada"], heard["ben"], said)
    return folder, talk.turns


def real_folder(parent, shared):
    """A local recording of 24 s from two real clips in turns; returns the folder and who spoke in which 3 s."""
    clips = [shared / "data" / "clips" / f"grid_speaker_{k}.mpg" for k in (1, 2)]
    sounds = [media.sound(path) for path in clips]
    pictures = [[picture.rgb() for _, picture in media.pictures(path, rate_hz=10.0)] for path in clips]
    order = [0, 1, 1, 0, 1, 0, 0, 1]
    tracks = np.zeros((2, 24 * RATE_HZ), np.float32)
    for place, who in enumerate(order):
        samples = sounds[who].samples[: 3 * RATE_HZ]
        tracks[who, place * 3 * RATE_HZ :][: len(samples)] = samples
    folder = parent / NAME
    folder.mkdir()
    _video(folder / "video1234567890.mp4", pictures, order, media.Sound(tracks.sum(axis=0), RATE_HZ))
    said = [(("ada", "ben")[who], 3.0 * place + 0.5, 3.0 * place + 2.2) for place, who in enumerate(order)]
    _write(folder, tracks.sum(axis=0), *tracks, said)
    return folder, order


def _video(path, pictures, order, sound):
    """Both clips side by side; who does not speak holds still but for a small part of the clip, played to and fro."""

    def frames():
        for number in range(240):
            tiles = []
            for who, clip in enumerate(pictures):
                speaks = order[number // 30] == who
                place = number % 30 if speaks else abs(number % 8 - 4)
                tiles.append(clip[min(place, len(clip) - 1)])
            yield np.ascontiguousarray(np.concatenate(tiles, axis=1))

    media.write_video(path, frames(), 10.0, sound)


def write_m4a(path, samples):
    """Sound as Zoom keeps it: AAC in an .m4a file of one channel."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        for start in range(0, len(samples), 1024):
            block = np.ascontiguousarray(samples[None, start : start + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write(folder, mixed, ada, ben, said):
    """Sound files, transcript, chat, list of people and timeline of a meeting of two who speak and one who does not."""
    write_m4a(folder / "audio1234567890.m4a", mixed)
    (folder / "Audio Record").mkdir()
    write_m4a(folder / "Audio Record" / "audioAdaLovelace11234567890.m4a", ada)
    late = ben[round(LATE_S * RATE_HZ) :]  # begins later than the meeting: what is in it comes too early
    write_m4a(folder / "Audio Record" / "audio李雷21234567890.m4a", late)
    names = {"ada": "Ada Lovelace", "ben": "李雷"}
    cues = [cue(start, end, f"{names[who]}: well then,\nthat is so.") for who, start, end in said]
    cues += [cue(said[0][1], said[0][2], "nobody's words"), "00:0x:00.000 --> 00:00:01.000\nAda Lovelace: no\n"]
    (folder / "meeting.transcript.vtt").write_text("WEBVTT\n\n" + "\n".join(cues), "utf-8")
    (folder / "chat.txt").write_text(
        "14:00:03 From Ada Lovelace to Everyone:\n\thello all\n\tand welcome\n"
        "14:00:05 From  Ada L (phone)  to  李雷(Direct Message) : psst\n"
        '14:00:21 From Cleo to Everyone:\n\tReacted to "hello" with 👍\n14:99:00 nonsense\n',
        "utf-8",
    )
    (folder / "participants_1234567890.csv").write_text(
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n"
        f"Ada Lovelace (Host),{EMAILS[0]},05/01/2024 01:59:50 PM,05/01/2024 02:00:30 PM,1,No\n"
        f"Ada L (phone),{EMAILS[0]},05/01/2024 02:00:01 PM,05/01/2024 02:00:20 PM,1,No\n"
        f"李雷,{EMAILS[1]},05/01/2024 02:00:00 PM,05/01/2024 02:00:24 PM,1,No\n"
        f"Cleo (Cleopatra Ptolemy),{EMAILS[2]},05/01/2024 02:00:10 PM,05/01/2024 02:00:24 PM,1,Yes\n"
        "Dan,,yesterday,05/01/2024 02:00:24 PM,1,Yes\n",
        "utf-8",
    )
    entries = []
    for who, start, end in sorted(said, key=lambda one: one[1]):
        entries += [{"ts": f"00:00:{start:06.3f}", "users": [{"username": names[who]}]}]
        entries += [{"ts": f"00:00:{end:06.3f}", "users": []}]
    entries.append({"ts": 7, "users": []})
    (folder / "timeline.json").write_text(json.dumps({"timeline": entries}), "utf-8")
    (folder / "recording.conf").write_text("{}")
    return Path(folder)
