//! A run's journal.

use super::Entry;

entries! {
    INCONSISTENT = Entry::new("houseplan::journal::inconsistent", "the run's journal does not follow from itself")
        .cause("the plan has changed in a step that has begun, or the journal was edited")
        .help("put the journal back as houseplan wrote it; or abandon the run and begin another")
        .explained("
All state of a run is a fold over its journal. Each record was replayed, and one of them cannot have come after
those before it, with this plan. houseplan does not guess what has really been done; it has done nothing.");

    UNUSABLE = Entry::new("houseplan::journal::unusable", "the run's journal cannot be used")
        .help("do what is said of the line that is named; never edit a journal")
        .explained("
Every record of a journal bears a number and a checksum, and is on disk before anything is done about it. An end
that a crash has torn is cut off (and kept beside it) without a word of yours; anything else that is not as it
was written is refused, with its line: a byte was changed, a line is missing or stands there twice. So is a
journal that another version has written: end that run with the houseplan that began it. And when the disk is
full or broken, nothing more is written, and nothing more is begun.");
}
